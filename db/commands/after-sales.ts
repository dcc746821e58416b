import { createHash } from 'node:crypto';
import { openCase as decideOpening, type OpenCommand } from '../../domain/after-sale/open.ts';
import type { StepResult } from '../../domain/order/view.ts';
import type { Database } from '../client.ts';
import { caseGround, exchangeableItems } from '../queries/after-sales.ts';
import { loadNode } from '../queries/order-nodes.ts';
import { runStep } from './run-step.ts';

/**
 * Opens a case by a guarded change of its leaf's row, beside the leaf's workflow (ADR 6): a receipt under way sees the
 * hold or has won. Repeated with the same key it answers the first verdict.
 */
export async function openCase(
  db: Database,
  request: { orderNo: string; key: string; actor: string; command: OpenCommand; at: Date },
): Promise<StepResult & { caseNo: string }> {
  const { orderNo, key, actor, command, at } = request;
  // The number is its key's, so that the same request is the same case.
  const caseNo = `${orderNo}A${createHash('sha256').update(key).digest('hex').slice(0, 8)}`;
  const { kind, reason, pieces } = command;
  const step = {
    ...{ orderNo, actor, at, stepKey: `case:${caseNo}`, action: 'open_case' as const },
    input: { caseNo, kind, reason, pieces },
  };
  const result = await runStep(db, step, async () => {
    const wanted = pieces.flatMap(({ wantSkuId }) => wantSkuId ?? []);
    const [leaf, items] = await Promise.all([loadNode(db, orderNo), exchangeableItems(db, wanted)]);
    if (!leaf) throw new Error(`no order ${orderNo}`);
    return {
      nodes: [leaf],
      decision: decideOpening({
        leaf,
        command,
        items,
        caseNo,
        actor,
        at,
        ...(await caseGround(db, orderNo)),
      }),
    };
  });
  return { ...result, caseNo };
}
