import type { Database } from '../../db/client.ts';
import { runStep } from '../../db/commands/run-step.ts';
import {
  findCancellation,
  shipmentsOf,
  untoldShipments,
  warehouseInstead,
  warehousesWithSystem,
} from '../../db/queries/fulfilment.ts';
import { loadInboxMessage, requireNode } from '../../db/queries/order-nodes.ts';
import type { Decision } from '../../domain/order/effects.ts';
import type { OrderNode } from '../../domain/order/node.ts';
import { isAnythingShipped } from '../../domain/order/progress.ts';
import type { StepAction } from '../../domain/order/states.ts';
import { type CancelAnswer, answerCancel as decideAnswer } from '../../domain/order/steps/answer-cancel.ts';
import {
  type CancelCommand,
  askCancel as decideAsking,
  decideCancel as decideEnd,
  type StopAnswers,
} from '../../domain/order/steps/cancel.ts';
import { dispatch as decideDispatch } from '../../domain/order/steps/dispatch.ts';
import {
  takeWarehouseReport as decideReport,
  type ShipmentRow,
  type WarehouseReport,
} from '../../domain/order/steps/warehouse.ts';
import type { StepResult } from '../../domain/order/view.ts';
import { contractOf, loadOrder } from './leaf.ts';
import type { MessageStep } from './payment-root.ts';
import { commandStep, loadMoney } from './step-facts.ts';

interface TimerStep {
  orderNo: string;
  atMs: number;
}

/** Plans the shipments of a confirmed leaf (FU-2): the dispatch centre. */
export async function dispatch(db: Database, { orderNo, atMs }: TimerStep): Promise<StepResult> {
  const at = new Date(atMs);
  const withSystem = await warehousesWithSystem(db);
  // A leaf is dispatched anew after a warehouse refused or lines were stopped: each time is a step of its own.
  const stepKey = `dispatch-${(await requireNode(db, orderNo)).version}`;
  const result = await runStep(
    db,
    { orderNo, stepKey, action: 'dispatch', actor: 'system', at, input: {} },
    async () => {
      const leaf = await requireNode(db, orderNo);
      return { nodes: [leaf], decision: decideDispatch(leaf, (id) => withSystem.has(id)) };
    },
  );
  // Asked of the rows: a try before this one may have planned them and never answered.
  return { ...result, toDo: { push: await untoldShipments(db, orderNo) } };
}

/** A warehouse's milestone: parcels have left, or it will not send the shipment (FU-2, FU-3). */
export function takeWarehouseReport(db: Database, step: MessageStep): Promise<StepResult> {
  return commandStep(db, step, 'warehouse', async (leaf, payload, at) => {
    const report = payload as unknown as WarehouseReport;
    const shipments = await shipmentsOf(db, leaf.orderNo);
    const instead =
      report.what === 'refused' ? await insteadOf(db, leaf, shipments, report.shipmentNo) : null;
    return decideReport({ leaf, shipments, report, instead, cause: step.inboxId, at });
  });
}

async function insteadOf(
  db: Database,
  leaf: OrderNode,
  shipments: readonly ShipmentRow[],
  shipmentNo: string,
): Promise<string | null> {
  const refused = shipments.find((shipment) => shipment.shipmentNo === shipmentNo);
  const pieces = (refused?.lines ?? []).flatMap((piece) =>
    leaf.lines.filter(({ lineNo }) => lineNo === piece.lineNo).map(({ skuId }) => ({ ...piece, skuId })),
  );
  return await warehouseInstead(db, leaf.orderNo, pieces);
}

/** A paid leaf, or lines of it, is to be stopped before it leaves (CN-2, FU-5). */
export async function askCancel(db: Database, step: MessageStep): Promise<StepResult> {
  return await moneyStep(db, step, 'ask_cancel', async (facts, payload) =>
    decideAsking({
      ...facts,
      command: payload as unknown as CancelCommand,
      cancellationNo: step.inboxId,
    }),
  );
}

/** Somebody answered instead of the warehouse: the merchant who ships by hand, or a person of the queue (CN-4). */
export async function answerCancel(db: Database, step: MessageStep): Promise<StepResult> {
  return await moneyStep(db, step, 'decide_cancel', async (facts, payload) => {
    const { cancellationNo } = payload as { cancellationNo: string };
    const cancellation = await findCancellation(db, cancellationNo);
    return decideAnswer({ ...facts, cancellation, answer: payload as unknown as CancelAnswer });
  });
}

/** The warehouse has answered for every shipment, or will not (CN-3, CN-4, CN-5). */
export async function decideCancel(
  db: Database,
  { orderNo, cancellationNo, answers, atMs }: TimerStep & { cancellationNo: string; answers: StopAnswers },
): Promise<StepResult> {
  const at = new Date(atMs);
  const stepKey = `cancel-${cancellationNo}`;
  return await runStep(
    db,
    { orderNo, stepKey, action: 'decide_cancel', actor: 'system', at, input: { ...answers } },
    async () => {
      const { nodes, ...facts } = await loadFacts(db, orderNo, at);
      const cancellation = await findCancellation(db, cancellationNo);
      return { nodes, decision: decideEnd({ ...facts, cancellation, answers, at }) };
    },
  );
}

/** The merchant who ships by hand did not prove it in time: the request is agreed (decision 24). */
export async function agreeCancel(db: Database, { orderNo, atMs }: TimerStep): Promise<StepResult> {
  const { cancellationNo, cancellationDueAt } = await requireNode(db, orderNo);
  const isDue = cancellationNo !== null && cancellationDueAt !== null && cancellationDueAt.getTime() <= atMs;
  if (!isDue) return await loadOrder(db, { orderNo });
  return await decideCancel(db, { orderNo, cancellationNo, answers: { shipments: {} }, atMs });
}

interface Facts extends Omit<Awaited<ReturnType<typeof loadFacts>>, 'nodes'> {
  at: Date;
}

/** A message's step that may move money: with the payment scope and the leaf's shipments. */
async function moneyStep(
  db: Database,
  { orderNo, inboxId, atMs }: MessageStep,
  action: StepAction,
  decide: (facts: Facts, payload: Record<string, unknown>) => Promise<Decision>,
): Promise<StepResult> {
  const at = new Date(atMs);
  const { payload, actor } = await loadInboxMessage(db, inboxId);
  return await runStep(
    db,
    { orderNo, stepKey: inboxId, action, actor, at, inboxId, input: payload },
    async () => {
      const { nodes, ...facts } = await loadFacts(db, orderNo, at);
      return { nodes, decision: await decide({ ...facts, at }, payload) };
    },
  );
}

/** With the leaf's shipments, and by what its merchant earns where something of it can have been kept. */
async function loadFacts(db: Database, orderNo: string, at: Date) {
  const [money, shipments] = await Promise.all([loadMoney(db, orderNo), shipmentsOf(db, orderNo)]);
  const { leaf } = money;
  const contract = isAnythingShipped(leaf) ? await contractOf(db, leaf, at) : null;
  return { ...money, shipments, contract };
}
