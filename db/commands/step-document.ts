import { getTableColumns } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { fenToJson } from '../../domain/fen-json.ts';
import { isDecided } from '../../domain/order/cancellation.ts';
import type { NewSentBack } from '../../domain/order/case-effects.ts';
import type { Effects, Verdict } from '../../domain/order/effects.ts';
import { type NewShipment, WORK_ITEM_DUE_MS } from '../../domain/order/fulfilment-effects.ts';
import * as t from '../schema/index.ts';

/** Everything one step writes: its effects, its log rows (which are its stored results), the message it consumed. */
export interface StepCommit {
  at: Date;
  effects: Effects;
  newOrders?: readonly (typeof t.orders.$inferInsert)[];
  newLines?: readonly (typeof t.orderLines.$inferInsert)[];
  log: readonly (typeof t.orderLog.$inferInsert)[];
  inbox?: { inboxId: string; verdict: Verdict } | undefined;
}

/** The one parameter of a step's statement: all its rows under the columns' names. */
export function documentOf({ at, effects, newOrders = [], newLines = [], log, inbox }: StepCommit): string {
  const { nodes, coupons, payments, vouchers, holds } = effects;
  const dated = <T extends object>(rows: readonly T[]) => rows.map((row) => ({ ...row, at }));
  const filled = {
    newOrders: rowsOf(t.orders, newOrders),
    newLines: rowsOf(t.orderLines, newLines),
    nodes: nodes.map(({ orderNo, expectedVersion, from, to, set }) => ({
      ...rowOf(t.orders, set),
      order_no: orderNo,
      expected_version: expectedVersion,
      from_state: from,
      to_state: to,
    })),
    stock: rowsOf(t.stockMovements, dated(effects.stock).map(referenced)),
    points: rowsOf(t.pointsMovements, dated(effects.points).map(referenced)),
    coupons: coupons.map(({ couponId, orderNo, from, to, reissued }) => ({
      coupon_id: couponId,
      order_no: orderNo,
      from_state: from,
      to_state: to,
      ...(reissued
        ? { reissued_id: reissued.couponId, valid_from: reissued.validFrom, valid_to: reissued.validTo }
        : {}),
    })),
    payments: rowsOf(t.payments, payments).map((row) => ({ ...row, at })),
    refunds: rowsOf(
      t.refunds,
      effects.refunds.map((refund) => ({ ...refund, state: 'requested', createdAt: at })),
    ),
    shipments: rowsOf(t.shipments, [
      ...effects.shipments.map((shipment) => shipmentRow(shipment, at)),
      ...effects.sentBack.map((parcel) => sentBackRow(parcel, at)),
    ]),
    shipmentLines: rowsOf(
      t.shipmentLines,
      effects.shipments.flatMap(({ shipmentNo, lines }) => lines.map((line) => ({ shipmentNo, ...line }))),
    ),
    shipmentChanges: effects.shipmentChanges.map(({ shipmentNo, from, to, parcel }) => ({
      shipment_no: shipmentNo,
      from_stages: from,
      to_stage: to,
      at,
      ...rowOf(t.shipments, parcel ?? {}),
    })),
    packedApart: rowsOf(
      t.shipmentLines,
      effects.shipmentChanges.flatMap(({ shipmentNo, without = [] }) =>
        without.map((line) => ({ shipmentNo, ...line })),
      ),
    ),
    reversals: rowsOf(t.lineReversals, dated(effects.reversals)),
    cancellations: rowsOf(
      t.cancellations,
      effects.cancellations.map((cancellation) => ({
        ...cancellation,
        askedAt: at,
        ...(isDecided(cancellation.state) ? { decidedAt: at } : {}),
      })),
    ),
    cancellationsDecided: rowsOf(
      t.cancellations,
      effects.cancellationsDecided.map((decided) => ({
        ...decided,
        ...(isDecided(decided.state) ? { decidedAt: at } : {}),
      })),
    ),
    cancellationsChosen: rowsOf(t.cancellations, effects.cancellationsChosen),
    cases: rowsOf(
      t.afterSales,
      effects.cases.map((one) => ({ ...one, version: 1, openedAt: at })),
    ),
    caseLines: rowsOf(
      t.afterSaleLines,
      effects.cases.flatMap(({ caseNo, pieces }) => pieces.map((piece) => ({ caseNo, ...piece }))),
    ),
    caseChanges: effects.caseChanges.map(({ caseNo, expectedVersion, to, dueAt, set }) => ({
      ...rowOf(t.afterSales, set),
      case_no: caseNo,
      expected_version: expectedVersion,
      to_state: to,
      due_at: dueAt,
    })),
    caseLog: rowsOf(t.afterSaleLog, dated(effects.caseLog)),
    workItems: rowsOf(
      t.workItems,
      effects.workItems.map((item) => ({
        dueAt: new Date(at.getTime() + WORK_ITEM_DUE_MS),
        ...item,
        openedAt: at,
      })),
    ),
    workItemsDone: rowsOf(
      t.workItems,
      effects.workItemsDone.map((item) => ({ closedBy: 'system', ...item, closedAt: at })),
    ),
    corrections: effects.corrections.map(({ shipmentNo, from, to, onlyUnheard = false }) => ({
      shipment_no: shipmentNo,
      from_carrier: from.carrier,
      from_tracking_no: from.trackingNo,
      to_carrier: to.carrier,
      to_tracking_no: to.trackingNo,
      only_unheard: onlyUnheard,
    })),
    vouchers: rowsOf(t.vouchers, vouchers),
    postings: rowsOf(
      t.postings,
      vouchers.flatMap(({ voucherNo, postings }) =>
        postings.map((posting, seq) => ({ voucherNo, seq, ...posting })),
      ),
    ),
    settlementLines: rowsOf(
      t.settlementLines,
      effects.settlementLines.map((line) => ({ ...line, state: 'due' })),
    ),
    notices: rowsOf(t.notices, dated(effects.notices)),
    holdsPlaced: rowsOf(
      t.orderHolds,
      holds.filter((hold) => hold.placed).map((hold) => ({ ...hold, placedAt: at })),
    ),
    holdsReleased: rowsOf(
      t.orderHolds,
      holds.filter((hold) => !hold.placed).map((hold) => ({ ...hold, releasedAt: at })),
    ),
    goodwillUsed: effects.goodwillUsed.map(({ operator, day, amountFen, limitFen }) => ({
      operator,
      day,
      amount_fen: amountFen,
      limit_fen: limitFen,
    })),
    proposals: rowsOf(
      t.refundProposals,
      effects.proposals.map((proposal) => ({ ...proposal, state: 'open', proposedAt: at })),
    ),
    proposalsDecided: rowsOf(
      t.refundProposals,
      effects.proposalsDecided.map((decided) => ({ ...decided, decidedAt: at })),
    ),
    log: rowsOf(t.orderLog, log),
    inbox: inbox ? { ...inbox, at } : undefined,
  };
  return JSON.stringify(fenToJson(filled));
}

/** A document's row has every column that must not be null: the database's defaults are for other inserts. */
const referenced = <T extends { ref?: string }>(movement: T) => ({ ref: '', ...movement });

function shipmentRow({ how, ...shipment }: NewShipment, at: Date): typeof t.shipments.$inferInsert {
  const times = how.stage === 'planned' ? { plannedAt: at, heardAt: at } : { shippedAt: at };
  const { lines: _lines, ...row } = shipment;
  return { ...row, ...how, ...times, ...NEW_TRACK };
}

const NEW_TRACK = { trackState: 'handed_over', failedAsks: 0, trackEnded: false } as const;

function sentBackRow(parcel: NewSentBack, at: Date): typeof t.shipments.$inferInsert {
  return { ...parcel, stage: 'handed_over', shippedAt: at, ...NEW_TRACK };
}

function rowsOf(table: PgTable, values: readonly object[]): Record<string, unknown>[] {
  return values.map((value) => rowOf(table, value));
}

/** A value under the table's column names; bytes in PostgreSQL's hex form. */
function rowOf(table: PgTable, value: object): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  const given = value as Record<string, unknown>;
  for (const [property, column] of Object.entries(getTableColumns(table))) {
    const item = given[property];
    if (item !== undefined) row[column.name] = Buffer.isBuffer(item) ? `\\x${item.toString('hex')}` : item;
  }
  return row;
}
