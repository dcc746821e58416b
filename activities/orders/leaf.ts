import type { Database } from '../../db/client.ts';
import { findHold } from '../../db/commands/holds.ts';
import { runStep } from '../../db/commands/run-step.ts';
import { caseGround, openCaseOfParcel } from '../../db/queries/after-sales.ts';
import { cancellationsOf, outsideWork, shipmentsOf } from '../../db/queries/fulfilment.ts';
import {
  contractsInForce,
  loadContract,
  loadPaymentScope,
  requireNode,
} from '../../db/queries/order-nodes.ts';
import { findParcel, signaturePolicy } from '../../db/queries/parcels.ts';
import { earnRateOf } from '../../db/queries/shops.ts';
import type { Contract, OrderNode } from '../../domain/order/node.ts';
import {
  correctShipment as decideCorrection,
  type ShipmentCorrectionCommand,
} from '../../domain/order/steps/correct-shipment.ts';
import { extendReceipt as decideExtension } from '../../domain/order/steps/holds.ts';
import {
  reportParcel as decideParcel,
  type ParcelReport,
  type ParcelTrouble,
  troubleHoldId,
} from '../../domain/order/steps/parcel.ts';
import { receive as decideReceipt } from '../../domain/order/steps/receive.ts';
import { review as decideReview, type ReviewCommand } from '../../domain/order/steps/review.ts';
import { ship as decideShipping, type ShipCommand } from '../../domain/order/steps/ship.ts';
import { type StepResult, viewOf } from '../../domain/order/view.ts';
import type { MessageStep } from './payment-root.ts';
import { commandStep } from './step-facts.ts';

/** The merchant's review of a paid leaf (FU-1). */
export function review(db: Database, step: MessageStep): Promise<StepResult> {
  return commandStep(db, step, 'review', (leaf, payload) =>
    decideReview(leaf, payload as unknown as ReviewCommand),
  );
}

/** The merchant's hand-over to the carrier (FU-3). */
export function ship(db: Database, step: MessageStep): Promise<StepResult> {
  return commandStep(db, step, 'ship', (leaf, payload, at) =>
    decideShipping(leaf, payload as unknown as ShipCommand, at),
  );
}

/** The merchant's correction of a number it entered wrongly (FU-3). */
export function correctShipment(db: Database, step: MessageStep): Promise<StepResult> {
  return commandStep(db, step, 'correct_shipment', async (leaf, payload) => {
    const command = payload as unknown as ShipmentCorrectionCommand;
    return decideCorrection(leaf, await findParcel(db, command.shipmentNo), command);
  });
}

/** The buyer's word that the goods arrived (ST-4). */
export function receive(db: Database, step: MessageStep): Promise<StepResult> {
  return commandStep(db, step, 'receive', async (leaf, _payload, at, operator) =>
    decideReceipt({ leaf, ...(await receiptTerms(db, leaf, at)), by: 'buyer', operator, at }),
  );
}

/** The buyer's one extension of the auto-receipt clock (ST-3). */
export function extendReceipt(db: Database, step: MessageStep): Promise<StepResult> {
  return commandStep(db, step, 'extend_receipt', (leaf) => decideExtension(leaf));
}

/** A milestone of one of its parcels (LG-2, LG-3, LG-4). */
export function reportParcel(db: Database, step: MessageStep): Promise<StepResult> {
  return commandStep(db, step, 'parcel', async (leaf, payload, at) => {
    const report = await parcelReport(db, leaf.orderNo, payload as { what: string; shipmentNo: string });
    return decideParcel(leaf, report, await signaturePolicy(db, leaf.orderNo), at);
  });
}

async function parcelReport(
  db: Database,
  orderNo: string,
  payload: { what: string; shipmentNo: string; signedAt?: string },
): Promise<ParcelReport> {
  const { what, shipmentNo, signedAt } = payload;
  if (what === 'signed' && signedAt) return { what, signedAt: new Date(signedAt) };
  if (what === 'closed') {
    const trouble = payload as unknown as ParcelTrouble;
    const hold = await findHold(db, troubleHoldId(trouble));
    return { ...trouble, what, isHeld: hold !== undefined && hold.releasedAt === null };
  }
  if (what !== 'refused') return payload as unknown as ParcelReport;
  const [shipments, { inCases, periods }, joined, cancellations] = await Promise.all([
    shipmentsOf(db, orderNo),
    caseGround(db, orderNo),
    openCaseOfParcel(db, shipmentNo),
    cancellationsOf(db, orderNo),
  ]);
  const lines = shipments.find((one) => one.shipmentNo === shipmentNo)?.lines ?? [];
  const joins = joined ? { ...joined, pieces: joined.lines } : null;
  return { what, shipmentNo, lines, inCases, periods, joins, cancellations };
}

/** The clock ran out: the goods count as received (ST-3). Refused, without a trace, while a hold is open. */
export async function autoReceive(
  db: Database,
  { orderNo, atMs }: { orderNo: string; atMs: number },
): Promise<StepResult> {
  const at = new Date(atMs);
  return await runStep(
    db,
    { orderNo, stepKey: 'auto_receive', action: 'receive', actor: 'system', at, input: {} },
    async () => {
      const leaf = await requireNode(db, orderNo);
      const terms = await receiptTerms(db, leaf, at);
      return {
        nodes: [leaf],
        decision: decideReceipt({ leaf, ...terms, by: 'auto', operator: 'system', at }),
      };
    },
  );
}

/** By what merchant and buyer earn at the receipt. */
async function receiptTerms(db: Database, leaf: OrderNode, at: Date) {
  const [contract, earnRate] = await Promise.all([contractOf(db, leaf, at), earnRateOf(db, leaf.shopId)]);
  return { contract, earnRate };
}

/** The row as it is: how a workflow starts from it, and adopts what happened beside it. */
export async function loadOrder(db: Database, { orderNo }: { orderNo: string }): Promise<StepResult> {
  const node = await requireNode(db, orderNo);
  const leaves = node.kind === 'parent' ? ((await loadPaymentScope(db, orderNo))?.leaves ?? []) : [];
  const view = viewOf(node, leaves);
  const found = { outcome: 'applied' as const, verdict: { result: 'accepted' as const }, node: view };
  return { ...found, refundNos: [], toDo: await outsideWork(db, node) };
}

/** The contract fixed at payment; where none was in force then, the newest one in force now (FN-5). */
export async function contractOf(db: Database, leaf: OrderNode, at: Date): Promise<Contract> {
  const contractId =
    leaf.contractId ??
    (await contractsInForce(db, at, { paymentRootNo: leaf.paymentRootNo }))(leaf.merchantId ?? '');
  const contract = contractId ? await loadContract(db, contractId) : undefined;
  if (!contract)
    throw new Error(
      `merchant ${leaf.merchantId} has no contract; add one in force to let ${leaf.orderNo} be received`,
    );
  return contract;
}
