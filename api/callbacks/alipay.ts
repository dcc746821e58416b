import { createHash } from 'node:crypto';
import { createRoute, z } from '@hono/zod-openapi';
import { intake } from '../../db/commands/inbox.ts';
import { findAttempt } from '../../db/commands/payment-attempts.ts';
import { noticePayload } from '../../domain/order/payment-notice.ts';
import type { PaymentNotice } from '../../providers/payments/port.ts';
import { signalQuietly } from '../commands.ts';
import type { App, Deps } from '../context.ts';

const route = createRoute({
  method: 'post',
  path: '/callbacks/alipay',
  tags: ['Callbacks'],
  summary: 'Alipay’s notification of a trade (PY-2); answered `success` once it is stored',
  responses: {
    200: { content: { 'text/plain': { schema: z.string() } }, description: 'Taken' },
    401: { content: { 'text/plain': { schema: z.string() } }, description: 'Not Alipay’s, or not for us' },
    404: { content: { 'text/plain': { schema: z.string() } }, description: 'Not one of our payments' },
  },
});

/** Verify, store, signal, acknowledge: in this order, so that what is acknowledged is never lost. */
export function registerAlipayCallback(app: App, deps: Deps): void {
  const alipay = deps.providers.get('alipay');
  if (!alipay) return;
  const refused = alipay.acknowledgement(false).body;
  app.openapi(route, async (c) => {
    const verified = alipay.verify(await c.req.text());
    if (!verified.ok) {
      deps.logger.warn({ provider: 'alipay', reason: verified.reason }, 'a callback was refused');
      return c.text(refused, 401);
    }
    const { notice } = verified;
    const attempt = await findAttempt(deps.db, notice.outTradeNo);
    if (!attempt) {
      deps.logger.warn(
        { provider: 'alipay', outTradeNo: notice.outTradeNo },
        'a callback names no payment of ours',
      );
      return c.text(refused, 404);
    }
    if (notice.outcome === 'paid') await takePaid(deps, attempt.orderNo, notice);
    return c.text(alipay.acknowledgement(true).body, 200);
  });
}

async function takePaid(deps: Deps, orderNo: string, notice: PaymentNotice): Promise<void> {
  const now = deps.now();
  const { row } = await intake(deps.db, {
    source: 'alipay',
    // By the provider's event id and content: Alipay repeats a notification under one id.
    eventKey: `${notice.eventKey}:${notice.outTradeNo}`,
    bodyHash: createHash('sha256').update(JSON.stringify(notice.raw)).digest('base64url'),
    orderNo,
    kind: 'payment_reported',
    actor: 'provider:alipay',
    payload: { ...noticePayload({ ...notice, paidAt: notice.occurredAt ?? now }) },
    receivedAt: now,
  });
  if (row.appliedAt === null) await signalQuietly(deps, row);
}
