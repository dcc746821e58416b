import { createPrivateKey, type KeyObject } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import {
  answerErrors,
  bodyOf,
  deliveries,
  faultRoutes,
  instant,
  iso,
  listing,
  page,
  Refusal,
} from '../shared/control.ts';
import type { Notifier } from '../shared/notifier.ts';
import type { Books } from './books.ts';
import type { Desk } from './desk.ts';
import { type AlipayFaults, faultSchema } from './faults.ts';
import { type NoticeParams, noticeParams } from './notices.ts';
import { DECLINE_REASONS, DECLINE_TEXTS, refundedFen, stateOf, type Trade } from './trade.ts';
import { beijing, type Keys, signedForm } from './wire.ts';

export interface ControlContext {
  books: Books;
  desk: Desk;
  faults: AlipayFaults;
  notifier: Notifier<NoticeParams>;
  keys: Keys;
  app: { appId: string; sellerId: string };
}

const payment = z.strictObject({ amountFen: z.number().int().positive().optional(), at: instant.optional() });
const declined = z.strictObject({ reason: z.enum(DECLINE_REASONS) });
const toSign = z.strictObject({
  outTradeNo: z.string().optional(),
  params: z.record(z.string(), z.string()).default({}),
  signType: z.enum(['RSA', 'RSA2']).default('RSA2'),
});
const privateKey = z.string().transform((pem, check): KeyObject => {
  try {
    return createPrivateKey(pem);
  } catch {
    check.addIssue('must be a private key as PEM text');
    return z.NEVER;
  }
});
const newKeys = z.strictObject({ privateKey: privateKey.optional() });

/** What the provider offers to tests, demonstrations and auditors. The README of the sandbox describes each call. */
export function createControl(context: ControlContext): Hono {
  const { books, desk, faults, notifier } = context;
  const control = new Hono();
  answerErrors(control);
  control.get('/trades', (c) => c.json(page(books.all(), listing.parse(c.req.query()), summary)));
  control.get('/trades/:no', (c) => withTrade(context, c, (trade) => view(context, trade)));
  control.post('/trades/:no/pay', (c) =>
    withTrade(context, c, async (trade) => {
      const { amountFen, at } = payment.parse(await bodyOf(c));
      await desk.pay(trade, { fen: amountFen, atMs: at });
      return view(context, trade);
    }),
  );
  control.post('/trades/:no/decline', (c) =>
    withTrade(context, c, async (trade) => {
      const { reason } = declined.parse(await bodyOf(c));
      await desk.decline(trade, reason);
      return { reason, text: DECLINE_TEXTS[reason], trade: view(context, trade) };
    }),
  );
  control.post('/trades/:no/notify', (c) =>
    withTrade(context, c, async (trade) => {
      const attempt = await notifier.sendAgain(trade.outTradeNo);
      if (!attempt) throw new Refusal('NO_NOTIFICATION', 'nothing has been told about this trade yet');
      return attempt;
    }),
  );
  faultRoutes(control, { faults, schema: faultSchema, release: () => desk.release() });
  control.post('/sign', async (c) => c.json(forge(context, toSign.parse(await bodyOf(c)))));
  control.post('/keys', async (c) => {
    const { privateKey } = newKeys.parse(await bodyOf(c));
    if (privateKey) context.keys.own = privateKey;
    return c.body(null, 204);
  });
  return control;
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
    cashierPath: `/alipay/cashier/${trade.token}`,
    refunds: trade.refunds.map((refund) => ({
      refundNo: refund.outRequestNo,
      amountFen: refund.fen,
      done: refund.doneMs !== null,
      status: refund.doneMs === null ? 'STUCK' : 'SUCCESS',
      requestedAt: iso(refund.requestedMs),
      refundedAt: iso(refund.doneMs),
    })),
  };
}

function view(context: ControlContext, trade: Trade): object {
  return {
    ...summary(trade),
    declines: trade.declines.map(({ reason, atMs }) => ({ reason, at: iso(atMs) })),
    notifications: deliveries(
      context.notifier.of(trade.outTradeNo),
      (params) => params['trade_status'] ?? '',
    ),
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
