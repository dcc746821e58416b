import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { findMessage } from '../db/commands/inbox.ts';
import { proposeRefund } from '../db/commands/refund-proposals.ts';
import { findProposal, loadRefundPolicy } from '../db/queries/refund-policy.ts';
import type { AuthEnv } from './auth/middleware.ts';
import { type Command, type CommandResult, commandSchema, messageSource, sendCommand } from './commands.ts';
import type { Deps } from './context.ts';
import { Problem, problemOf } from './errors.ts';
import { idempotencyKeyOf, numberOf } from './idempotency.ts';
import { json, problems } from './schemas.ts';

const proposedSchema = z
  .object({
    proposalNo: z.string(),
    orderNo: z.string(),
    result: z
      .literal('proposed')
      .openapi({ description: 'Nothing has moved: somebody else with the finance role decides it' }),
  })
  .openapi('ProposedRefund');
type Proposed = z.infer<typeof proposedSchema>;

/** The answers of an endpoint whose refund may need a second person. */
export const proposableResponses = {
  200: json(commandSchema, 'Under way; see the order’s refunds'),
  202: json(
    z.union([commandSchema, proposedSchema]),
    'Taken, look at the order in a moment; or large enough to be decided by a second person first',
  ),
  ...problems,
};

/**
 * Sends a command that gives money back; from the policy's amount on it is kept instead until another person approves it.
 * Repeated with the same key it answers alike (SB-6). `check` may refuse before anything is written.
 */
export async function sendOrPropose(
  c: Context<AuthEnv>,
  deps: Deps,
  command: Command,
  { amountFen, caseNo = null }: { amountFen: bigint; caseNo?: string | null },
  check: () => void | Promise<void>,
): Promise<CommandResult | Proposed> {
  const idempotencyKey = await idempotencyKeyOf(c);
  const { scope, key, bodyHash } = idempotencyKey;
  const { orderNo, kind, payload, actor: proposedBy } = command;
  const proposalNo = `${orderNo}P${numberOf(idempotencyKey, 8)}`;
  const proposed: Proposed = { proposalNo, orderNo, result: 'proposed' };
  const earlier = await findProposal(deps.db, proposalNo);
  if (earlier && earlier.bodyHash !== bodyHash) throw new Problem('idempotency_key_reused');
  if (earlier) return proposed;
  const { secondPersonFromFen } = await loadRefundPolicy(deps.db);
  if (amountFen < secondPersonFromFen || (await findMessage(deps.db, messageSource(scope), key)))
    return await sendCommand(c, deps, command, check);
  await check();
  const proposal = { proposalNo, orderNo, caseNo, amountFen, kind, payload, bodyHash, proposedBy };
  const { verdict } = await proposeRefund(deps.db, proposal, deps.now());
  if (verdict.result === 'refused') throw problemOf(verdict.code, { state: verdict.state });
  return proposed;
}
