import { createPrivateKey, randomUUID } from 'node:crypto';
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
import { faultSchema, type WechatpayFaults } from './faults.ts';
import type { App } from './fields.ts';
import { composeNotice, type NoticeContent, paymentContent, refundContent } from './notices.ts';
import { DECLINE_REASONS, DECLINE_TEXTS, refundedFen, refundStateOf, stateOf, type Trade } from './trade.ts';
import type { Keys } from './wire.ts';

export interface ControlContext {
  books: Books;
  desk: Desk;
  faults: WechatpayFaults;
  notifier: Notifier<NoticeContent>;
  keys: Keys;
  app: App;
}

const payment = z.strictObject({ amountFen: z.int().positive().optional(), at: instant.optional() });
const declined = z.strictObject({ reason: z.enum(DECLINE_REASONS) });
const toSign = z.strictObject({
  outTradeNo: z.string().optional(),
  event: z.string().min(1).default('TRANSACTION.SUCCESS'),
  resource: z.record(z.string(), z.unknown()).default({}),
  timestamp: z.int().optional(),
  serial: z.string().min(1).optional(),
  forged: z.boolean().default(false),
});
const privateKey = z.string().transform((pem, check) => {
  try {
    return createPrivateKey(pem);
  } catch {
    check.addIssue('must be a PKCS8 PEM');
    return z.NEVER;
  }
});
const newKeys = z.strictObject({
  platform: z.strictObject({ id: z.string().min(1), privateKey }).optional(),
  apiV3Key: z.string().length(32).optional(),
});

/** What the provider offers to tests, demonstrations and auditors. The README of the sandbox describes each call. */
export function createControl(context: ControlContext): Hono {
  const { books, desk, faults, notifier, keys } = context;
  const control = new Hono();
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
  control.post('/sign', async (c) => c.json(sign(context, toSign.parse(await bodyOf(c)))));
  control.post('/keys', async (c) => {
    const { platform, apiV3Key } = newKeys.parse(await bodyOf(c));
    if (platform) keys.platform = { id: platform.id, key: platform.privateKey };
    if (apiV3Key !== undefined) keys.apiV3Key = apiV3Key;
    return c.json({ platform: { id: keys.platform.id } });
  });
  answerErrors(control);
  return control;
}

async function withTrade(
  { books, desk }: ControlContext,
  c: Context,
  act: (trade: Trade) => object | Promise<object>,
): Promise<Response> {
  const trade = books.find(c.req.param('no') ?? '');
  if (!trade)
    return c.json({ error: 'unknown_trade', message: 'No order was placed under this number.' }, 404);
  await desk.expire(trade);
  return c.json(await act(trade));
}

function summary(trade: Trade): object {
  return {
    outTradeNo: trade.outTradeNo,
    tradeNo: trade.paid?.tradeNo ?? null,
    kind: trade.kind,
    status: stateOf(trade),
    subject: trade.description,
    totalFen: trade.totalFen,
    paidFen: trade.paid?.fen ?? 0,
    refundedFen: refundedFen(trade),
    cashierPath: cashierPath(trade),
    createdAt: iso(trade.createdMs),
    expiresAt: iso(trade.expiresMs),
    paidAt: iso(trade.paid?.atMs),
    closedAt: iso(trade.closed?.atMs),
    closedBy: trade.closed?.by ?? null,
    updatedAt: iso(trade.updatedMs),
    refunds: trade.refunds.map((refund) => ({
      refundNo: refund.refundNo,
      amountFen: refund.fen,
      done: refund.done?.status === 'SUCCESS',
      status: refundStateOf(refund),
      requestedAt: iso(refund.requestedMs),
      refundedAt: refund.done?.status === 'SUCCESS' ? iso(refund.done.atMs) : null,
    })),
  };
}

export function cashierPath(trade: Trade): string {
  return `/wechatpay/cashier/${trade.tokens.at(-1)}`;
}

function view({ notifier }: ControlContext, trade: Trade): object {
  return {
    ...summary(trade),
    declines: trade.declines.map(({ reason, atMs }) => ({ reason, at: iso(atMs) })),
    notifications: deliveries(notifier.of(trade.outTradeNo), ({ event }) => event),
  };
}

/** A delivery as the provider would make it: over a trade's true fields where one is named, overridden by `resource`. */
function sign(
  { books, keys, app }: ControlContext,
  { outTradeNo, event, resource, timestamp, serial, forged }: z.infer<typeof toSign>,
): { headers: Record<string, string>; body: string } {
  const trade = outTradeNo === undefined ? undefined : books.find(outTradeNo);
  if (outTradeNo !== undefined && !trade) throw new Refusal('ORDER_NOT_EXIST', `no trade ${outTradeNo}`);
  const truth = trade ? truthOf(trade, event, app) : { appid: app.appId, mchid: app.mchId };
  const content = { event, resource: overridden(truth, resource), createdMs: Date.now() };
  const atMs = timestamp === undefined ? Date.now() : timestamp * 1000;
  const signing = { atMs, forged, ...(serial !== undefined && { serial }) };
  return composeNotice(randomUUID(), content, keys, signing);
}

function truthOf(trade: Trade, event: string, app: App): Record<string, unknown> {
  if (!event.startsWith('REFUND.')) return paymentContent(trade, app).resource;
  const refund = trade.refunds.at(-1);
  // Of a refund that was never made only what the caller says is known.
  if (!refund)
    return { ...paymentContent(trade, app).resource, refund_status: event.slice('REFUND.'.length) };
  return refundContent(trade, refund, app).resource;
}

/** Objects such as `amount` keep the fields that are not overridden. */
function overridden(
  truth: Record<string, unknown>,
  resource: Record<string, unknown>,
): Record<string, unknown> {
  const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
  const changed = Object.entries(resource).map(([name, value]) => {
    const own = truth[name];
    return [name, isObject(own) && isObject(value) ? { ...own, ...value } : value] as const;
  });
  return { ...truth, ...Object.fromEntries(changed) };
}
