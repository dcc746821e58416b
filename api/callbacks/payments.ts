import { createHash } from 'node:crypto';
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { intakeNotice, markApplied } from '../../db/commands/inbox.ts';
import { findAttempt, noteFunding, recordDecline } from '../../db/commands/payment-attempts.ts';
import { pendingRefunds } from '../../db/queries/refunds.ts';
import { noticePayload } from '../../domain/order/payment-notice.ts';
import type { PaymentNotice, PaymentProvider } from '../../providers/payments/port.ts';
import { tellQuietly } from '../commands.ts';
import type { App, Deps } from '../context.ts';
import { Problem } from '../errors.ts';

const answer = (description: string) => ({ description });
const route = createRoute({
  method: 'post',
  path: '/callbacks/{provider}',
  tags: ['Callbacks'],
  summary:
    'A payment provider’s notification (PY-2); acknowledged in the provider’s own words once it is stored',
  request: { params: z.object({ provider: z.string() }) },
  responses: {
    200: answer('Taken'),
    204: answer('Taken, in the words of a provider that wants no body'),
    400: answer('Not believed, in the words of a provider that wants this status'),
    401: answer('Not believed: not genuine, too old, or not for us'),
    404: answer('Not one of our payments'),
    503: answer('Not stored; tell us again'),
  },
});

type Taken = 'taken' | 'unknown';

/** Verify over the raw body, store, acknowledge: in this order, so that what is acknowledged is never lost (I5). */
export function registerPaymentCallbacks(app: App, deps: Deps): void {
  app.openapi(route, async (c) => {
    const provider = deps.providers.get(c.req.valid('param').provider);
    if (!provider) throw new Problem('not_found', 'No such payment provider is configured.');
    const verified = provider.verify({
      rawBody: await c.req.text(),
      header: (name) => c.req.header(name),
      receivedAt: deps.now(),
    });
    if (!verified.ok) {
      deps.logger.warn({ provider: provider.name, reason: verified.reason }, 'a callback was refused');
      return acknowledge(c, provider, verified.reason === 'foreign' ? 'unknown' : 'refused');
    }
    try {
      const taken = await take(deps, provider, verified.notice);
      if (taken === 'unknown') {
        const { outTradeNo } = verified.notice;
        deps.logger.warn({ provider: provider.name, outTradeNo }, 'a callback names no payment of ours');
      }
      return acknowledge(c, provider, taken);
    } catch (error) {
      deps.logger.error({ provider: provider.name, err: error }, 'a callback could not be stored');
      return acknowledge(c, provider, 'failed');
    }
  });
}

async function take(deps: Deps, provider: PaymentProvider, notice: PaymentNotice): Promise<Taken> {
  switch (notice.outcome) {
    case 'paid':
      return await takePaid(deps, provider, notice);
    case 'refund_changed':
      return await takeRefund(deps, provider, notice);
    case 'declined':
      return await takeDecline(deps, provider, notice);
    case 'noted':
      return (await isOurs(deps, provider, notice.outTradeNo)) ? 'taken' : 'unknown';
  }
}

type NoticeOf<Outcome extends PaymentNotice['outcome']> = Extract<PaymentNotice, { outcome: Outcome }>;

async function takePaid(deps: Deps, provider: PaymentProvider, notice: NoticeOf<'paid'>): Promise<Taken> {
  const now = deps.now();
  const { outTradeNo, providerTradeNo, amountFen, funding } = notice;
  const stored = await store(deps, provider, notice, 'payment_reported', {
    ...noticePayload({ outTradeNo, providerTradeNo, amountFen, paidAt: notice.paidAt ?? now }),
  });
  if (!stored) return 'unknown';
  const { inboxId, orderNo } = stored;
  if (inboxId) {
    tellQuietly(deps, orderNo, () => deps.workflows.signalOrder(orderNo, 'payment_reported', inboxId));
    // The order goes on meanwhile: which kind of card it was decides nothing.
    if (funding === null) tellQuietly(deps, orderNo, () => askFunding(deps, provider, outTradeNo));
  }
  return 'taken';
}

/** Some notifications leave out what kind of card paid; the provider says it when asked (PY-1). */
async function askFunding(deps: Deps, provider: PaymentProvider, outTradeNo: string): Promise<void> {
  const attempt = await findAttempt(deps.db, outTradeNo);
  const trade = attempt && (await provider.query(attempt));
  if (trade?.state === 'paid' && trade.funding) await noteFunding(deps.db, outTradeNo, trade.funding);
}

/** A refund moved: its workflow asks the provider now, and not only when its own timer says so. */
async function takeRefund(
  deps: Deps,
  provider: PaymentProvider,
  notice: NoticeOf<'refund_changed'>,
): Promise<Taken> {
  const { outTradeNo, refundNo } = notice;
  const stored = await store(deps, provider, notice, 'refund_reported', { outTradeNo, refundNo });
  if (!stored) return 'unknown';
  const { orderNo, inboxId } = stored;
  if (inboxId)
    tellQuietly(deps, orderNo, async () => {
      for (const pending of await pendingRefunds(deps.db, { outTradeNo, refundNo }))
        await deps.workflows.signalRefund(pending);
      await markApplied(deps.db, inboxId, deps.now());
    });
  return 'taken';
}

async function takeDecline(
  deps: Deps,
  provider: PaymentProvider,
  notice: NoticeOf<'declined'>,
): Promise<Taken> {
  const { outTradeNo, eventKey, code, buyerReason, occurredAt } = notice;
  if (!(await isOurs(deps, provider, outTradeNo))) return 'unknown';
  const at = occurredAt ?? deps.now();
  await recordDecline(deps.db, { outTradeNo, eventKey, providerCode: code, ...buyerReason, at });
  return 'taken';
}

async function isOurs(deps: Deps, provider: PaymentProvider, outTradeNo: string): Promise<boolean> {
  return (await findAttempt(deps.db, outTradeNo))?.provider === provider.name;
}

/** One inbox row per event and content (decision 20): a provider that repeats itself is acknowledged again. */
async function store(
  deps: Deps,
  provider: PaymentProvider,
  { eventKey, ...facts }: PaymentNotice,
  kind: string,
  payload: Record<string, unknown>,
) {
  const bodyHash = createHash('sha256').update(canonical(facts)).digest('base64url');
  return await intakeNotice(deps.db, {
    source: provider.name,
    eventKey: `${eventKey}:${bodyHash.slice(0, 12)}`,
    bodyHash,
    outTradeNo: facts.outTradeNo,
    kind,
    actor: `provider:${provider.name}`,
    payload,
    receivedAt: deps.now(),
  });
}

function canonical(facts: object): string {
  return JSON.stringify(facts, (_name, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
}

function acknowledge(
  c: Context,
  provider: PaymentProvider,
  outcome: Parameters<PaymentProvider['acknowledgement']>[0],
): Response {
  const { status, contentType, body } = provider.acknowledgement(outcome);
  return status === 204
    ? c.body(null, 204)
    : c.body(body, status, { 'content-type': contentType ?? 'text/plain' });
}
