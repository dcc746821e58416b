import { type Context, Hono } from 'hono';
import { z } from 'zod';
import type { Books } from './books.ts';
import { type Desk, Refusal } from './desk.ts';
import { type Faults, faultSchema } from './faults.ts';
import { noticeParams } from './notices.ts';
import type { Notifier } from './notifier.ts';
import { DECLINE_REASONS, DECLINE_TEXTS, refundedFen, stateOf, type Trade } from './trade.ts';
import { beijing, type Keys, signedForm } from './wire.ts';

export interface ControlContext {
  books: Books;
  desk: Desk;
  faults: Faults;
  notifier: Notifier;
  keys: Keys;
  app: { appId: string; sellerId: string };
}

const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const payment = z.strictObject({ amountFen: z.number().int().positive().optional(), at: instant.optional() });
const declined = z.strictObject({ reason: z.enum(DECLINE_REASONS) });
const toSign = z.strictObject({
  outTradeNo: z.string().optional(),
  params: z.record(z.string(), z.string()).default({}),
  signType: z.enum(['RSA', 'RSA2']).default('RSA2'),
});
const listing = z.object({
  since: instant.optional(),
  cursor: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(10_000).default(1000),
});

/** What the provider offers to tests, demonstrations and auditors. The README of the sandbox describes each call. */
export function createControl(context: ControlContext): Hono {
  const control = new Hono();
  control.get('/trades', (c) => c.json(list(context, listing.parse(c.req.query()))));
  control.get('/trades/:no', (c) => withTrade(context, c, (trade) => view(context, trade)));
  control.post('/trades/:no/pay', (c) =>
    withTrade(context, c, async (trade) => {
      const { amountFen, at } = payment.parse(await body(c));
      await context.desk.pay(trade, { fen: amountFen, atMs: at });
      return view(context, trade);
    }),
  );
  control.post('/trades/:no/decline', (c) =>
    withTrade(context, c, async (trade) => {
      const { reason } = declined.parse(await body(c));
      await context.desk.decline(trade, reason);
      return { reason, text: DECLINE_TEXTS[reason], trade: view(context, trade) };
    }),
  );
  control.post('/trades/:no/notify', (c) =>
    withTrade(context, c, async (trade) => {
      const attempt = await context.notifier.sendAgain(trade.outTradeNo);
      if (!attempt) throw new Refusal('NO_NOTIFICATION', 'nothing has been told about this trade yet');
      return attempt;
    }),
  );
  control.get('/faults', (c) => c.json({ faults: context.faults.list() }));
  control.post('/faults', async (c) => {
    context.faults.add(faultSchema.parse(await body(c)));
    return c.json({ faults: context.faults.list() }, 201);
  });
  control.delete('/faults', async (c) => {
    context.faults.clear();
    await context.desk.release();
    return c.body(null, 204);
  });
  control.post('/sign', async (c) => c.json(forge(context, toSign.parse(await body(c)))));
  control.onError((error, c) => {
    if (error instanceof z.ZodError)
      return c.json({ error: 'invalid', message: z.prettifyError(error) }, 400);
    if (error instanceof Refusal) return c.json({ error: error.subCode, message: error.message }, 409);
    throw error;
  });
  return control;
}

async function body(c: Context): Promise<unknown> {
  const text = await c.req.text();
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    throw new z.ZodError([{ code: 'custom', path: [], message: 'the body must be JSON', input: text }]);
  }
}

async function withTrade(
  context: ControlContext,
  c: Context,
  act: (trade: Trade) => object | Promise<object>,
): Promise<Response> {
  const trade = context.books.find(c.req.param('no') ?? '');
  if (!trade)
    return c.json(
      { error: 'unknown_trade', message: 'No precreate or page payment named this number.' },
      404,
    );
  return c.json(await act(trade));
}

function list(context: ControlContext, { since, cursor, limit }: z.infer<typeof listing>): object {
  const trades: object[] = [];
  let position = 0;
  for (const trade of context.books.all()) {
    position += 1;
    if (position <= cursor || trade.updatedMs < (since ?? 0)) continue;
    if (trades.length === limit) return { trades, nextCursor: position - 1 };
    trades.push(summary(trade));
  }
  return { trades, nextCursor: null };
}

const iso = (atMs: number | null | undefined): string | null =>
  atMs === null || atMs === undefined ? null : new Date(atMs).toISOString();

function summary(trade: Trade): object {
  return {
    outTradeNo: trade.outTradeNo,
    tradeNo: trade.opened?.tradeNo ?? null,
    kind: trade.kind,
    status: stateOf(trade),
    subject: trade.subject,
    totalFen: trade.totalFen,
    paidFen: trade.paid?.fen ?? 0,
    refundedFen: refundedFen(trade),
    createdAt: iso(trade.createdMs),
    expiresAt: iso(trade.expiresMs),
    paidAt: iso(trade.paid?.atMs),
    closedAt: iso(trade.closed?.atMs),
    closedBy: trade.closed?.by ?? null,
    updatedAt: iso(trade.updatedMs),
    refunds: trade.refunds.map((refund) => ({
      outRequestNo: refund.outRequestNo,
      amountFen: refund.fen,
      status: refund.doneMs === null ? 'STUCK' : 'SUCCESS',
      requestedAt: iso(refund.requestedMs),
      refundedAt: iso(refund.doneMs),
    })),
  };
}

function view(context: ControlContext, trade: Trade): object {
  return {
    ...summary(trade),
    cashierPath: `/alipay/cashier/${trade.token}`,
    declines: trade.declines.map(({ reason, atMs }) => ({ reason, at: iso(atMs) })),
    notifications: context.notifier.of(trade.outTradeNo).map((notice) => ({
      notifyId: notice.notifyId,
      tradeStatus: notice.params.trade_status,
      state: notice.state,
      nextAt: iso(notice.nextMs),
      attempts: notice.attempts.map(({ atMs, ...attempt }) => ({ at: iso(atMs), ...attempt })),
    })),
  };
}

/** A body signed with the provider's key, over the true fields of a trade where one is named. */
function forge(
  context: ControlContext,
  { outTradeNo, params, signType }: z.infer<typeof toSign>,
): { body: string } {
  const trade = outTradeNo === undefined ? undefined : context.books.find(outTradeNo);
  if (outTradeNo !== undefined && !trade) throw new Refusal('UNKNOWN_TRADE', `no trade ${outTradeNo}`);
  const now = Date.now();
  const truth = trade
    ? { ...noticeParams(trade, context.app), notify_id: `forged${now}`, notify_time: beijing(now) }
    : {};
  return { body: signedForm({ ...truth, ...params }, context.keys.own, signType) };
}
