import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { CaseRow } from '../../../db/queries/after-sales.ts';
import { requireNode } from '../../../db/queries/order-nodes.ts';
import { caseActions } from '../../../domain/after-sale/actions.ts';
import { mostOf } from '../../../domain/after-sale/step.ts';
import { CARRIERS, isValidTrackingNo } from '../../../domain/logistics/carriers.ts';
import type { Viewer } from '../../../domain/order/actions.ts';
import { accessCase } from '../../after-sale-access.ts';
import { type AuthEnv, requireRole } from '../../auth/middleware.ts';
import { type Command, type CommandResult, commandSchema, sendCommand } from '../../commands.ts';
import type { App, Deps } from '../../context.ts';
import { Problem } from '../../errors.ts';
import { bearer, idempotencyHeader, json, jsonBody, problems } from '../../schemas.ts';
import { proposableResponses, sendOrPropose } from '../../second-person.ts';

const tags = ['After-sales'];
const words = z.string().trim().min(1).max(500);
const amountFen = z.number().int().positive();
const params = z.object({ caseNo: z.string().min(1).max(48) });
const responses = {
  200: json(commandSchema, 'Done; see the case'),
  202: json(commandSchema, 'Taken; look at the case in a moment'),
  ...problems,
};

const buyerRoute = createRoute({
  method: 'post',
  path: '/after-sales/{caseNo}/actions',
  tags,
  security: bearer,
  summary:
    'The buyer’s part in a case: withdraw, answer an offer, send the goods back, call the platform (RF-2, RT-3, RT-4)',
  request: {
    headers: idempotencyHeader,
    params,
    body: jsonBody(
      z.discriminatedUnion('do', [
        z.strictObject({ do: z.enum(['withdraw', 'accept_offer', 'reject_offer']) }),
        z.strictObject({
          do: z.literal('send_back'),
          carrier: z.enum(CARRIERS),
          trackingNo: z.string().trim().min(6).max(32),
        }),
        z.strictObject({ do: z.literal('dispute'), words }),
      ]),
    ),
  },
  responses,
});
const merchantRoute = createRoute({
  method: 'post',
  path: '/merchant/after-sales/{caseNo}/actions',
  tags,
  security: bearer,
  middleware: [requireRole('merchant')] as const,
  summary:
    'The merchant’s part in a case: agree, reject, offer another amount, say where the goods are to be sent, inspect what came back, call the platform (RF-2, RT-2, RT-5)',
  request: {
    headers: idempotencyHeader,
    params,
    body: jsonBody(
      z.discriminatedUnion('do', [
        z.strictObject({
          do: z.literal('agree'),
          returnTo: words
            .optional()
            .openapi({ description: 'Where the goods are to be sent; needed for a return' }),
          instructions: words.optional(),
        }),
        z.strictObject({ do: z.literal('give_address'), returnTo: words, instructions: words.optional() }),
        z.strictObject({ do: z.enum(['reject', 'fail', 'dispute']), words }),
        z.strictObject({ do: z.literal('offer'), amountFen }),
        z.strictObject({
          do: z.literal('pass'),
          refundInstead: z
            .boolean()
            .optional()
            .openapi({ description: 'Of an exchange whose replacement cannot be had: refund it' }),
          dispositions: z
            .array(
              z.strictObject({
                lineNo: z.number().int().positive(),
                sellable: z.number().int().min(0),
                damaged: z.number().int().min(0),
                lost: z.number().int().min(0),
              }),
            )
            .min(1)
            .max(200),
        }),
      ]),
    ),
  },
  responses,
});
const platformRoute = createRoute({
  method: 'post',
  path: '/platform/after-sales/{caseNo}/decisions',
  tags,
  security: bearer,
  middleware: [requireRole('customer_service')] as const,
  summary: 'Decide a disputed case, with reasons; binding for both sides (RT-3)',
  request: {
    headers: idempotencyHeader,
    params,
    body: jsonBody(
      z.strictObject({
        outcome: z.enum(['refund', 'return', 'dismiss']),
        amountFen: amountFen.optional().openapi({ description: 'Of a refund: part of it only' }),
        words,
      }),
    ),
  },
  responses: proposableResponses,
});

/** What each side does in a case: a message to the case's own run, with the verdict of its step. */
export function registerAfterSaleActions(app: App, deps: Deps): void {
  app.openapi(buyerRoute, async (c) => {
    const command = c.req.valid('json');
    if (command.do === 'send_back' && !isValidTrackingNo(command.carrier, command.trackingNo))
      throw new Problem('invalid_tracking_no');
    const result = await act(c, deps, 'buyer', c.req.valid('param').caseNo, command);
    return result.result === 'pending' ? c.json(result, 202) : c.json(result, 200);
  });
  app.openapi(merchantRoute, async (c) => {
    const { caseNo } = c.req.valid('param');
    const command = c.req.valid('json');
    const { row } = await accessCase(deps, c.get('principal'), caseNo);
    if (command.do === 'agree' && row.kind !== 'refund_only' && !command.returnTo)
      throw new Problem('invalid_request', 'json.returnTo: say where the goods are to be sent');
    const result = await act(c, deps, 'merchant', caseNo, command);
    return result.result === 'pending' ? c.json(result, 202) : c.json(result, 200);
  });
  app.openapi(platformRoute, async (c) => {
    const result = await rule(c, deps, c.req.valid('param').caseNo, c.req.valid('json'));
    return result.result === 'accepted' ? c.json(result, 200) : c.json(result, 202);
  });
}

async function act(
  c: Context<AuthEnv>,
  deps: Deps,
  side: Viewer,
  caseNo: string,
  command: { do: string },
): Promise<CommandResult> {
  const { row, viewer } = await accessCase(deps, c.get('principal'), caseNo);
  if (viewer !== side) throw new Problem('not_found', `There is no case ${caseNo} for you.`);
  return await sendCommand(c, deps, messageOf(c, side, row, command), () => check(row, side, command));
}

/** The platform's ruling; a large one needs a second person. */
async function rule(
  c: Context<AuthEnv>,
  deps: Deps,
  caseNo: string,
  ruling: { outcome: string; amountFen?: number | undefined; words: string },
) {
  const { row, viewer } = await accessCase(deps, c.get('principal'), caseNo);
  if (viewer !== 'platform') throw new Problem('not_found', `There is no case ${caseNo} for you.`);
  const command = { do: 'decide', ...ruling };
  const leaf = await requireNode(deps.db, row.orderNo);
  const mostFen = mostOf({ theCase: { pieces: row.lines }, leaf });
  const refundFen = ruling.amountFen === undefined ? mostFen : BigInt(ruling.amountFen);
  const asked = { amountFen: ruling.outcome === 'refund' ? refundFen : 0n, caseNo };
  return await sendOrPropose(c, deps, messageOf(c, 'platform', row, command), asked, () => {
    check(row, 'platform', command);
    if (asked.amountFen > mostFen) throw new Problem('more_than_paid', undefined, { refundableFen: mostFen });
  });
}

function messageOf(
  c: Context<AuthEnv>,
  side: Viewer,
  { orderNo, caseNo }: CaseRow,
  command: { do: string },
): Command {
  return {
    ...{ orderNo, kind: 'case_commanded', actor: `${side}:${c.get('principal').sub}` },
    payload: { caseNo, command: { ...command, by: side } },
  };
}

function check(row: CaseRow, side: Viewer, command: { do: string }): void {
  if (row.endedAt !== null) throw new Problem('case_over');
  const actions = caseActions({ ...row, pieces: row.lines }, side);
  if (!actions.includes(command.do)) throw new Problem('not_now', undefined, { actions });
}
