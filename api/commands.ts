import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { findMessage, type InboxRow, intake } from '../db/commands/inbox.ts';
import { loadNode } from '../db/queries/order-nodes.ts';
import { inboxVerdict } from '../db/queries/orders.ts';
import type { Verdict } from '../domain/order/effects.ts';
import { isFinal, type NodeState, type OrderState } from '../domain/order/states.ts';
import type { MessageKind } from '../workflows/order/messages.ts';
import type { AuthEnv } from './auth/middleware.ts';
import type { Deps } from './context.ts';
import { Problem, problemOf } from './errors.ts';
import { idempotencyKeyOf } from './idempotency.ts';

const WAIT_MS = 3_000;

export const commandSchema = z
  .object({
    commandId: z.string(),
    orderNo: z.string(),
    result: z
      .enum(['accepted', 'pending'])
      .openapi({ description: '`pending`: taken, but not applied yet; look at the order in a moment' }),
  })
  .openapi('CommandResult');
export type CommandResult = z.infer<typeof commandSchema>;

export interface Command {
  orderNo: string;
  kind: MessageKind | 'case_commanded';
  actor: string;
  payload: Record<string, unknown>;
  /** Sets commands apart that one request sends to several orders. */
  keySuffix?: string;
}

/**
 * A command on an order: a row in the inbox first, then a signal, then a bounded wait for the verdict that the
 * consuming step writes. Repeated with the same key it answers the first verdict (SB-6). `check` may refuse before
 * anything is written; it does not run for a repetition.
 */
export async function sendCommand(
  c: Context<AuthEnv>,
  deps: Deps,
  command: Command,
  check: () => void | Promise<void>,
): Promise<CommandResult> {
  const { scope, key: requestKey, bodyHash } = await idempotencyKeyOf(c);
  const { keySuffix, ...message } = command;
  const key = keySuffix ? `${requestKey}#${keySuffix}` : requestKey;
  const source = messageSource(scope);
  let row = await findMessage(deps.db, source, key);
  if (!row) {
    await check();
    row = (await intake(deps.db, { ...message, source, eventKey: key, bodyHash, receivedAt: deps.now() }))
      .row;
  }
  if (row.bodyHash !== bodyHash) throw new Problem('idempotency_key_reused');
  if (row.appliedAt === null) await signalQuietly(deps, row);
  return answer(row, row.verdict ?? (await awaitVerdict(deps, row.inboxId)));
}

/** The inbox's source of commands, by the scope of their keys. */
export const messageSource = (scope: string): string => `command ${scope}`;

/** Tells the order's workflow of a message. What fails here is done again by the sweeper: the row is durable. */
export async function signalQuietly(deps: Deps, row: InboxRow): Promise<void> {
  const { orderNo, kind, inboxId } = row;
  await quietly(deps, orderNo, async () => {
    if (kind === 'case_commanded') return await signalCase(deps, row);
    if ((await deps.workflows.signalOrder(orderNo, kind, inboxId)) === 'sent') return;
    // A child whose parent was paid just now, or a lost run: started from its row. One that has ended is the sweeper's.
    const node = await loadNode(deps.db, orderNo);
    if (!node || isFinal(node.state)) return;
    await deps.workflows.startOrder(node);
    await deps.workflows.signalOrder(orderNo, kind, inboxId);
  });
}

/** A command on a case goes to the case's own run. */
async function signalCase({ workflows }: Deps, { payload, inboxId }: InboxRow): Promise<void> {
  const { caseNo } = payload as { caseNo: string };
  if ((await workflows.signalCase(caseNo, inboxId)) === 'sent') return;
  await workflows.startCase(caseNo);
  await workflows.signalCase(caseNo, inboxId);
}

/** The same without waiting for it: a provider is acknowledged once its notification is stored. */
export function tellQuietly(deps: Deps, orderNo: string, tell: () => Promise<unknown>): void {
  void quietly(deps, orderNo, tell);
}

async function quietly(deps: Deps, orderNo: string, tell: () => Promise<unknown>): Promise<void> {
  try {
    await tell();
  } catch (error) {
    deps.logger.warn({ orderNo, err: error }, 'a signal could not be sent; the sweeper will');
  }
}

async function awaitVerdict(deps: Deps, inboxId: string): Promise<Record<string, unknown> | null> {
  const until = Date.now() + WAIT_MS;
  for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 1.6, 250)) {
    const verdict = await inboxVerdict(deps.db, inboxId);
    if (verdict || Date.now() > until) return verdict;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

function answer({ inboxId, orderNo }: InboxRow, verdict: Record<string, unknown> | null): CommandResult {
  const known = verdict as Verdict | null;
  if (known?.result === 'refused') throw problemOf(known.code, { state: shownOf(known.state) });
  return { commandId: inboxId, orderNo, result: known ? 'accepted' : 'pending' };
}

/** A payment root that just lost its children to payment shows what they are (decision 13). */
function shownOf(state: NodeState): OrderState {
  return state === 'split' ? 'awaiting_shipment' : state;
}
