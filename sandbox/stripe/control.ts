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
import type { Keys } from './api.ts';
import type { Books } from './books.ts';
import { cardOf, DECLINE_CODES } from './cards.ts';
import type { Desk } from './desk.ts';
import { deliveryHeaders, type EventContent, eventBody, signatureHeader } from './events.ts';
import { faultSchema, type StripeFaults } from './faults.ts';
import { type Intent, newId, refundedFen, statusOf, tradeNameOf } from './intent.ts';
import { chargePaid, paymentError, paymentIntent, refundObject, seconds } from './objects.ts';

export interface ControlContext {
  books: Books;
  desk: Desk;
  faults: StripeFaults;
  notifier: Notifier<EventContent>;
  keys: Keys;
  onFile: () => Promise<void>;
}

const payment = z.strictObject({
  amountFen: z.number().int().positive().optional(),
  at: instant.optional(),
  funding: z.enum(['debit', 'credit', 'prepaid']).default('credit'),
});
const declined = z.strictObject({ reason: z.enum(DECLINE_CODES) });
const toSign = z.strictObject({
  outTradeNo: z.string().optional(),
  event: z.string().default('payment_intent.succeeded'),
  /** Fields of `data.object` that replace the true ones. */
  object: z.record(z.string(), z.unknown()).default({}),
  timestamp: z.number().int().optional(),
  forged: z.boolean().default(false),
  secret: z.string().optional(),
});
const newKeys = z.strictObject({ secretKey: z.string().optional(), webhookSecret: z.string().optional() });

/** What the provider offers to tests, demonstrations and auditors. The README of the sandbox describes each call. */
export function createControl(context: ControlContext): Hono {
  const { books, desk, faults, notifier, keys, onFile } = context;
  const control = new Hono();
  control.get('/trades', (c) => c.json(page(books.all(), listing.parse(c.req.query()), summary)));
  control.get('/trades/:no', (c) => withTrade(context, c, (intent) => view(context, intent)));
  control.post('/trades/:no/pay', (c) =>
    withTrade(context, c, async (intent) => {
      const { amountFen, at, funding } = payment.parse(await bodyOf(c));
      desk.pay(intent, { fen: amountFen, atMs: at, card: cardOf(funding) });
      return view(context, intent);
    }),
  );
  control.post('/trades/:no/decline', (c) =>
    withTrade(context, c, async (intent) => {
      const { reason } = declined.parse(await bodyOf(c));
      const error = paymentError(desk.decline(intent, reason));
      return { reason, error, trade: view(context, intent) };
    }),
  );
  control.post('/trades/:no/notify', (c) =>
    withTrade(context, c, async (intent) => {
      const attempt = await notifier.sendAgain(tradeNameOf(intent));
      if (!attempt) throw new Refusal('no_notification', 'nothing has been told about this trade yet');
      return attempt;
    }),
  );
  faultRoutes(control, {
    faults,
    schema: faultSchema,
    release: async () => {
      await desk.release();
      await onFile();
    },
  });
  control.post('/sign', async (c) => c.json(sign(context, toSign.parse(await bodyOf(c)))));
  control.post('/keys', async (c) => {
    const { secretKey, webhookSecret } = newKeys.parse(await bodyOf(c));
    if (secretKey !== undefined) keys.secretKey = secretKey;
    if (webhookSecret !== undefined) keys.webhookSecret = webhookSecret;
    return c.body(null, 204);
  });
  answerErrors(control);
  return control;
}

/** The intent that a merchant's number names; answers when what was done with it is on file. */
async function withTrade(
  { books, onFile }: ControlContext,
  c: Context,
  act: (intent: Intent) => object | Promise<object>,
): Promise<Response> {
  const intent = books.findByName(c.req.param('no') ?? '');
  if (!intent)
    return c.json(
      { error: 'unknown_trade', message: 'No PaymentIntent has this out_trade_no in its metadata.' },
      404,
    );
  const answer = await act(intent);
  await onFile();
  return c.json(answer);
}

function summary(intent: Intent) {
  return {
    outTradeNo: tradeNameOf(intent),
    tradeNo: intent.id,
    status: statusOf(intent),
    totalFen: intent.amountFen,
    paidFen: intent.paid?.fen ?? 0,
    refundedFen: refundedFen(intent),
    funding: intent.paid?.card.funding ?? null,
    cashierPath: `/stripe/pay/${intent.clientSecret}`,
    createdAt: iso(intent.createdMs),
    paidAt: iso(intent.paid?.atMs),
    closedAt: iso(intent.canceled?.atMs),
    updatedAt: iso(intent.updatedMs),
    refunds: intent.refunds.map(({ id, fen, status, metadata }) => ({
      refundNo: metadata.refund_no ?? id,
      amountFen: fen,
      done: status === 'succeeded',
      status,
    })),
  };
}

function view({ notifier }: ControlContext, intent: Intent): object {
  return {
    ...summary(intent),
    declines: intent.declines.map(({ code, declineCode, atMs }) => ({ code, declineCode, at: iso(atMs) })),
    notifications: deliveries(notifier.of(tradeNameOf(intent)), ({ type }) => type),
  };
}

/** A delivery signed with the account's webhook secret, over the true fields of a trade where one is named. */
function sign(context: ControlContext, asked: z.infer<typeof toSign>): { headers: object; body: string } {
  const { outTradeNo, event, object, timestamp = seconds(Date.now()), forged } = asked;
  const truth = outTradeNo === undefined ? {} : objectOf(context, outTradeNo, event);
  const content = { type: event, createdMs: Date.now(), object: { ...truth, ...object } };
  const body = eventBody(newId('evt'), content);
  const secret = asked.secret ?? context.keys.webhookSecret;
  return { headers: deliveryHeaders(signatureHeader(body, secret, timestamp, forged)), body };
}

/** What an event of this type shows of the trade. */
function objectOf({ books }: ControlContext, outTradeNo: string, event: string): object {
  const intent = books.findByName(outTradeNo);
  if (!intent) throw new Refusal('unknown_trade', `no trade ${outTradeNo}`);
  if (/^(charge\.)?refund\./.test(event)) {
    const refund = intent.refunds.at(-1);
    if (!refund) throw new Refusal('no_refund', `${outTradeNo} has no refund`);
    return refundObject(intent, refund);
  }
  if (!event.startsWith('charge.')) return paymentIntent(intent);
  if (!intent.paid) throw new Refusal('no_charge', `${outTradeNo} is not paid`);
  return chargePaid(intent, intent.paid);
}
