import type { Database } from '../../db/client.ts';
import { runStep } from '../../db/commands/run-step.ts';
import { type CaseRow, findCase } from '../../db/queries/after-sales.ts';
import { loadInboxMessage, requireNode } from '../../db/queries/order-nodes.ts';
import { loggedPayload, secondPersonOf } from '../../db/queries/refund-policy.ts';
import { type CaseCommand, type CaseState, isCaseOver } from '../../domain/after-sale/case.ts';
import { caseStep } from '../../domain/after-sale/step.ts';
import { refuse } from '../../domain/order/effects.ts';
import { withSecondPerson } from '../../domain/order/steps/second-person.ts';
import type { StepResult } from '../../domain/order/view.ts';
import type { WorkflowStarter } from '../operations/starter.ts';
import { contractOf } from '../orders/leaf.ts';
import { loadMoney } from '../orders/step-facts.ts';
import { prepareReplacement } from './replacement.ts';

/** What a case's workflow knows of its row. */
export interface CaseView {
  caseNo: string;
  orderNo: string;
  state: CaseState;
  over: boolean;
  dueAtMs: number | null;
}

/** The answer of a step: the verdict, refunds to be started, and the row as it is. */
export interface CaseResult {
  verdict: StepResult['verdict'];
  refundNos: string[];
  view: CaseView;
}

interface CaseStep {
  caseNo: string;
  atMs: number;
}

export async function loadCase(db: Database, { caseNo }: { caseNo: string }): Promise<CaseView> {
  return viewOf(await requireCase(db, caseNo));
}

/** A command of one of the sides (RT-2…RT-6). */
export async function commandCase(
  db: Database,
  starter: WorkflowStarter,
  { caseNo, inboxId, atMs }: CaseStep & { inboxId: string },
): Promise<CaseResult> {
  const { payload, actor, orderNo } = await loadInboxMessage(db, inboxId);
  const command = commandOf(payload['command'] as Record<string, unknown>);
  return await run(db, starter, {
    ...{ caseNo, orderNo, atMs, stepKey: inboxId, inboxId },
    ...{ actor, command, payload, input: loggedPayload(payload) },
  });
}

/** Somebody let their time pass (RF-3, RT-4, RT-6); nothing where it is not over yet. */
export async function caseTimeOver(
  db: Database,
  starter: WorkflowStarter,
  { caseNo, atMs }: CaseStep,
): Promise<CaseResult> {
  const row = await requireCase(db, caseNo);
  if (row.dueAt === null || row.dueAt.getTime() > atMs)
    return { verdict: { result: 'accepted' }, refundNos: [], view: viewOf(row) };
  const command = { do: 'time_over' as const, by: 'system' as const };
  const stepKey = `case-${caseNo}-${row.version}`;
  const { orderNo } = row;
  return await run(db, starter, {
    ...{ caseNo, orderNo, atMs, stepKey },
    ...{ actor: 'system', command, input: { caseNo } },
  });
}

async function run(
  db: Database,
  starter: WorkflowStarter,
  step: CaseStep & {
    orderNo: string;
    stepKey: string;
    inboxId?: string;
    actor: string;
    command: CaseCommand;
    input: Record<string, unknown>;
    payload?: Record<string, unknown>;
  },
): Promise<CaseResult> {
  const { caseNo, orderNo, atMs, stepKey, inboxId, actor, command, input, payload } = step;
  const at = new Date(atMs);
  const request = { orderNo, stepKey, action: 'after_sale' as const, actor, at, inboxId, input };
  const { verdict, refundNos } = await runStep(db, request, async (refusal) => {
    const [row, { nodes, ...money }] = await Promise.all([requireCase(db, caseNo), loadMoney(db, orderNo)]);
    const contract = await contractOf(db, money.leaf, at);
    if (refusal === 'insufficient_stock')
      return { nodes, decision: refuse('replacement_out_of_stock', money.leaf.state) };
    const exchange =
      row.kind === 'exchange' && command.do === 'pass' ? await prepareReplacement(db, row, at) : null;
    const theCase = { ...row, pieces: row.lines };
    const replacement = exchange?.replacement ?? null;
    const decision = caseStep({
      ...{ ...money, theCase, contract, replacement, command, cause: stepKey, actor, at },
    });
    const newOrders = exchange?.rowsOf(decision.effects.made);
    if (command.do !== 'decide' || !payload) return { nodes, decision, newOrders };
    const { approval, policy } = await secondPersonOf(db, payload);
    return { nodes, decision: withSecondPerson(decision, approval, policy, money.leaf.state) };
  });
  const row = await requireCase(db, caseNo);
  const view = viewOf(row);
  if (row.replacementNo) await startReplacement(db, starter, row.replacementNo);
  // Only re-arms the leaf's clock: its row protects by itself.
  if (view.over) await starter.afterSaleChanged(orderNo).catch(() => 'absent');
  return { verdict, refundNos, view };
}

/** Where it cannot be started now the reconciler does: its row is there. */
async function startReplacement(db: Database, starter: WorkflowStarter, orderNo: string): Promise<void> {
  const node = await requireNode(db, orderNo);
  await starter.startOrder(node).catch(() => {});
}

/** Money in messages is a safe integer. */
function commandOf(payload: Record<string, unknown>): CaseCommand {
  const { amountFen } = payload;
  return {
    ...payload,
    ...(typeof amountFen === 'number' ? { amountFen: BigInt(amountFen) } : {}),
  } as CaseCommand;
}

async function requireCase(db: Database, caseNo: string): Promise<CaseRow> {
  const row = await findCase(db, caseNo);
  if (!row) throw new Error(`no case ${caseNo}`);
  return row;
}

function viewOf({ caseNo, orderNo, state, dueAt }: CaseRow): CaseView {
  return { caseNo, orderNo, state, over: isCaseOver(state), dueAtMs: dueAt?.getTime() ?? null };
}
