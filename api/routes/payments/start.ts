import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { findKey, type IdempotencyKey } from '../../../db/commands/idempotency.ts';
import {
  attemptFailed,
  attemptOpened,
  findAttempt,
  openAttempt,
  openAttemptsOf,
  type PaymentRow,
} from '../../../db/commands/payment-attempts.ts';
import { offeredMethods } from '../../../db/queries/shops.ts';
import { PAYMENT_METHODS, type PaymentProvider, ProviderError } from '../../../providers/payments/port.ts';
import { accessOwnOrder } from '../../access.ts';
import type { AuthEnv } from '../../auth/middleware.ts';
import { closeAttempt } from '../../close-attempt.ts';
import type { App, Deps } from '../../context.ts';
import { Problem } from '../../errors.ts';
import { idempotencyKeyOf } from '../../idempotency.ts';
import { shownState } from '../../representations/order.ts';
import { paymentSchema, representPayment } from '../../representations/payment.ts';
import { bearer, idempotencyHeader, json, jsonBody, orderNoParam, problems } from '../../schemas.ts';

const PAYER_ID_METHODS: ReadonlySet<string> = new Set(['wechat_jsapi']);

const requestSchema = z
  .strictObject({
    method: z.enum(PAYMENT_METHODS),
    payerId: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .openapi({ description: 'The payer at the provider, for methods that ask for one: WeChat’s `openid`' }),
    returnUrl: z
      .url({ protocol: /^https?$/ })
      .max(500)
      .optional()
      .openapi({ description: 'Where the provider’s page sends the buyer back to' }),
  })
  .refine(({ method, payerId }) => payerId !== undefined || !PAYER_ID_METHODS.has(method), {
    path: ['payerId'],
    message: 'is needed for this method: send the openid that WeChat gave the shop’s page',
  });

const route = createRoute({
  method: 'post',
  path: '/orders/{orderNo}/payments',
  tags: ['Payments'],
  security: bearer,
  summary:
    'Pay with a method, or again with another (PY-1, PY-4); any child of a joint order pays the whole (SP-5)',
  request: { headers: idempotencyHeader, params: orderNoParam, body: jsonBody(requestSchema) },
  responses: {
    201: json(paymentSchema, 'The attempt, with what the buyer’s client needs to go on'),
    ...problems,
  },
});

type Request = z.infer<typeof requestSchema>;

export function registerStartPayment(app: App, deps: Deps): void {
  app.openapi(route, async (c) => {
    const { node, tree } = await accessOwnOrder(deps, c.get('principal'), c.req.valid('param').orderNo);
    const root = tree.find((candidate) => candidate.orderNo === node.paymentRootNo) ?? node;
    const leaves = tree.filter(
      (candidate) => candidate.paymentRootNo === root.orderNo && candidate.shopId !== null,
    );
    const payment = await startPayment(
      c,
      deps,
      { orderNo: root.orderNo, state: root.state, shownState: shownState(root, tree) },
      leaves.map((leaf) => leaf.shopId as string),
    );
    return c.json(representPayment(payment), 201);
  });
}

async function startPayment(
  c: Context<AuthEnv>,
  deps: Deps,
  root: { orderNo: string; state: string; shownState: string },
  shopIds: string[],
) {
  const request = requestSchema.parse(await c.req.json());
  const key = await idempotencyKeyOf(c);
  const earlier = await findKey(deps.db, key);
  if (earlier?.result === 'other_body') throw new Problem('idempotency_key_reused');
  if (earlier) return await answerAgain(deps, request, await requireAttempt(deps, earlier.ref));
  if (root.state !== 'awaiting_payment')
    throw new Problem('not_awaiting_payment', undefined, { state: root.shownState });
  const methods = await offeredMethods(deps.db, shopIds);
  if (!methods.includes(request.method)) throw new Problem('method_not_offered', undefined, { methods });
  const provider = [...deps.providers.values()].find((candidate) =>
    candidate.methods.includes(request.method),
  );
  if (!provider) throw new Problem('method_not_offered', undefined, { methods });
  return await openAt(deps, root.orderNo, request, provider, key);
}

/** Opens an attempt; one that is open with the same method is given again, one with another is closed first (decision 18). */
async function openAt(
  deps: Deps,
  orderNo: string,
  request: Request,
  provider: PaymentProvider,
  key: IdempotencyKey,
): Promise<PaymentRow> {
  for (let tries = 0; tries < 3; tries++) {
    const opened = await openAttempt(deps.db, {
      orderNo,
      method: request.method,
      provider: provider.name,
      at: deps.now(),
      key,
    });
    if (opened.result === 'not_payable') throw new Problem('deadline_passed');
    if (opened.result === 'opened') return await askProvider(deps, provider, request, { orderNo, ...opened });
    for (const attempt of await openAttemptsOf(deps.db, orderNo)) {
      if (attempt.state === 'open' && attempt.method === request.method) return attempt;
      if (attempt.state === 'starting' && deps.now().getTime() - attempt.createdAt.getTime() < 15_000)
        throw new Problem('payment_in_progress');
      await closeAttempt(deps, attempt);
    }
  }
  throw new Problem('payment_in_progress');
}

/** Opens a new attempt at its provider; a refusal or silence ends it. */
async function askProvider(
  deps: Deps,
  provider: PaymentProvider,
  request: Request,
  attempt: NewAttempt,
): Promise<PaymentRow> {
  try {
    return await startAt(deps, provider, request, attempt);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const words = error.buyerReason ?? {
      code: error.code,
      zh: '支付渠道暂时不可用，请稍后再试或换一种付款方式。',
      en: 'The payment provider is not available. Try again in a moment or use another way to pay.',
    };
    const reason = { ...words, retryable: error.retryable };
    await attemptFailed(deps.db, attempt.outTradeNo, reason, deps.now());
    throw failed(reason);
  }
}

type NewAttempt = Pick<PaymentRow, 'orderNo' | 'outTradeNo' | 'amountFen' | 'expiresAt'>;

async function startAt(
  deps: Deps,
  provider: PaymentProvider,
  { method, returnUrl, payerId }: Request,
  { orderNo, outTradeNo, amountFen, expiresAt }: NewAttempt,
): Promise<PaymentRow> {
  const subject = `订单 ${orderNo}`;
  const ask = { method, outTradeNo, amountFen, expiresAt, subject, returnUrl, payerId };
  await attemptOpened(deps.db, outTradeNo, await provider.start(ask));
  return await requireAttempt(deps, outTradeNo);
}

/**
 * A repeated request is answered like the first, also if that was refused (SB-6). One that was cut off before the
 * provider's answer asks the provider again under the same number, which opens no second trade (PY-7).
 */
async function answerAgain(deps: Deps, request: Request, attempt: PaymentRow): Promise<PaymentRow> {
  if (attempt.state === 'failed' && attempt.failure) throw failed(attempt.failure);
  const provider = deps.providers.get(attempt.provider);
  if (attempt.state !== 'starting' || !provider) return attempt;
  try {
    return await startAt(deps, provider, request, attempt);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    // The first request may still be under way, and it alone says that the attempt failed.
    const now = await requireAttempt(deps, attempt.outTradeNo);
    if (now.state === 'starting') throw new Problem('payment_in_progress');
    if (now.state === 'failed' && now.failure) throw failed(now.failure);
    return now;
  }
}

function failed(reason: NonNullable<PaymentRow['failure']>): Problem {
  return new Problem(reason.retryable ? 'payment_unavailable' : 'payment_refused', undefined, { reason });
}

async function requireAttempt(deps: Deps, outTradeNo: string): Promise<PaymentRow> {
  const attempt = await findAttempt(deps.db, outTradeNo);
  if (!attempt) throw new Error(`no payment attempt ${outTradeNo}`);
  return attempt;
}
