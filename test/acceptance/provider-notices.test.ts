import { eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import * as t from '../../db/schema/index.ts';
import { moneyOf } from '../support/books.ts';
import { faults, open, type ProviderName, payAt, payBy, type Way, wayOf } from '../support/providers.ts';
import {
  type Buyer,
  database,
  eventually,
  givenShop,
  givenSku,
  newBuyer,
  readOrder,
  sandbox,
  stack,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

/** PY-2 for WeChat Pay and Stripe; Alipay's are in `callbacks.test.ts`. Whatever is not genuine, fresh and ours changes nothing. */

interface Delivery {
  headers: Record<string, string>;
  body: string;
}

const PRICE = 10_000;

async function givenOpen(way: Way): Promise<{ buyer: Buyer; orderNo: string; outTradeNo: string }> {
  const skuId = await givenSku(await givenShop(), 10);
  const buyer = await newBuyer();
  const orderNo = await submit(buyer, { [skuId]: 1 });
  return { buyer, orderNo, outTradeNo: (await open(buyer, orderNo, way)).outTradeNo };
}

/** Paid at the provider, which keeps silent about it. */
async function givenUnheard(way: Way) {
  const given = await givenOpen(way);
  await faults(way.provider, { dropNotify: true, onlyOutTradeNo: given.outTradeNo });
  await payAt(way, given.outTradeNo);
  return given;
}

const sign = (provider: ProviderName, request: object): Promise<Delivery> =>
  sandbox<Delivery>(provider, '/sign', request);

async function post(provider: ProviderName, { headers, body }: Delivery): Promise<number> {
  const response = await fetch(`${stack().apiUrl}/v1/callbacks/${provider}`, {
    method: 'POST',
    headers,
    body,
  });
  await response.arrayBuffer();
  return response.status;
}

async function expectUntouched(buyer: Buyer, orderNo: string): Promise<void> {
  expect(await readOrder(buyer, orderNo)).toMatchObject({ state: 'awaiting_payment', paidAt: null });
  expect(await database().select().from(t.inbox).where(eq(t.inbox.orderNo, orderNo))).toEqual([]);
}

const now = () => Math.floor(Date.now() / 1000);
const without = ({ headers, body }: Delivery, name: string): Delivery => ({
  headers: Object.fromEntries(Object.entries(headers).filter(([key]) => key.toLowerCase() !== name)),
  body,
});

describe.each([
  {
    provider: 'wechatpay' as const,
    method: 'wechat_native',
    taken: 204,
    refused: 401,
    unknown: 404,
    signature: 'wechatpay-signature',
    money: (fields: object) => ({ resource: fields }),
    currency: { amount: { total: PRICE, payer_total: PRICE, currency: 'USD', payer_currency: 'USD' } },
    foreign: { out_trade_no: 'SOMEBODYELSE' },
    disordered: (no: string) => ({ event: 'REFUND.SUCCESS', resource: { out_refund_no: `${no}R1` } }),
    others: [
      ['another merchant', { resource: { mchid: '1900000009' } }],
      ['another application', { resource: { appid: 'wx9999999999999999' } }],
      ['an unknown key', { serial: 'PUB_KEY_ID_0000' }],
    ],
  },
  {
    provider: 'stripe' as const,
    method: 'card',
    taken: 200,
    refused: 400,
    unknown: 200,
    signature: 'stripe-signature',
    money: (fields: object) => ({ object: fields }),
    currency: { currency: 'usd' },
    foreign: { metadata: {} },
    disordered: () => ({
      event: 'payment_intent.payment_failed',
      object: { last_payment_error: { code: 'card_declined', decline_code: 'insufficient_funds' } },
    }),
    others: [['a secret that is not ours', { secret: 'whsec_0000000000000000' }]],
  },
])(
  '$provider',
  ({
    provider,
    method,
    taken,
    refused,
    unknown,
    signature,
    money,
    currency,
    foreign,
    disordered,
    others,
  }) => {
    const way = wayOf(method);

    test.each<[string, (no: string) => Promise<Delivery>]>([
      ['a forged signature', (outTradeNo) => sign(provider, { outTradeNo, forged: true })],
      ['no signature', async (outTradeNo) => without(await sign(provider, { outTradeNo }), signature)],
      [
        'an altered body',
        async (outTradeNo) => {
          const { headers, body } = await sign(provider, { outTradeNo });
          return { headers, body: `${body} ` };
        },
      ],
      ['a timestamp ten minutes old', (outTradeNo) => sign(provider, { outTradeNo, timestamp: now() - 600 })],
      ['another currency', (outTradeNo) => sign(provider, { outTradeNo, ...money(currency) })],
      ...others.map(
        ([what, fields]) =>
          [what, (outTradeNo: string) => sign(provider, { outTradeNo, ...(fields as object) })] as [
            string,
            (no: string) => Promise<Delivery>,
          ],
      ),
    ])(
      `PY-2 ${provider}: a notification with %s is refused and changes nothing; then the true one pays`,
      async (_what, make) => {
        const { buyer, orderNo, outTradeNo } = await givenUnheard(way);
        expect(await post(provider, await make(outTradeNo))).toBe(refused);
        await expectUntouched(buyer, orderNo);
        expect(await post(provider, await sign(provider, { outTradeNo }))).toBe(taken);
        await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_shipment');
      },
    );

    test(`PY-2 ${provider}: a genuine notification about somebody else’s payment is not ours`, async () => {
      const { buyer, orderNo, outTradeNo } = await givenUnheard(way);
      expect(await post(provider, await sign(provider, { outTradeNo, ...money(foreign) }))).toBe(unknown);
      await expectUntouched(buyer, orderNo);
      expect(await post(provider, await sign(provider, { outTradeNo }))).toBe(taken);
      await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_shipment');
    });

    test(`PY-2 I3 ${provider}: ten copies at once, and one more when it is long paid, pay once`, async () => {
      const { buyer, orderNo, outTradeNo } = await givenUnheard(way);
      const delivery = await sign(provider, { outTradeNo });
      const answers = await Promise.all(Array.from({ length: 10 }, () => post(provider, delivery)));
      expect(new Set(answers)).toEqual(new Set([taken]));
      await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_shipment');
      expect(await post(provider, delivery)).toBe(taken);
      expect(await database().select().from(t.inbox).where(eq(t.inbox.orderNo, orderNo))).toHaveLength(1);
      expect((await moneyOf(buyer))[orderNo]).toEqual({ paidFen: PRICE, refundedFen: 0 });
    });

    test(`PY-2 I3 ${provider}: told in the wrong order, before and after, the payment counts once and nothing undoes it`, async () => {
      const { buyer, orderNo, outTradeNo } = await givenUnheard(way);
      const other = await sign(provider, { outTradeNo, ...disordered(outTradeNo) });
      expect(await post(provider, other)).toBe(taken);
      expect((await readOrder(buyer, orderNo)).state).toBe('awaiting_payment');
      expect(await post(provider, await sign(provider, { outTradeNo }))).toBe(taken);
      await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_shipment');
      const again = await sign(provider, { outTradeNo, ...disordered(outTradeNo) });
      expect(await post(provider, again)).toBe(taken);
      expect(await readOrder(buyer, orderNo)).toMatchObject({
        state: 'awaiting_shipment',
        refunds: [],
        amounts: { paidFen: PRICE, refundedFen: 0 },
      });
    });

    test(`PY-2 I5 ${provider}: what is not answered well is told again by the provider's schedule`, async () => {
      const { buyer, orderNo, outTradeNo } = await givenOpen(way);
      await faults(provider, { badSignatureNotify: true, times: 1, onlyOutTradeNo: outTradeNo });
      await payAt(way, outTradeNo);
      const first = await eventually(async () => {
        const { notifications } = await sandbox<{
          notifications: { attempts: { status: number; accepted: boolean }[] }[];
        }>(provider, `/trades/${outTradeNo}`, {}, 'GET');
        return notifications.flatMap(({ attempts }) => attempts).find(({ accepted }) => !accepted);
      }, 'the refused attempt');
      expect(first.status).toBe(refused);
      await expectUntouched(buyer, orderNo);
      await sandbox(provider, `/trades/${outTradeNo}/notify`);
      await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_shipment');
    });
  },
);

test('PY-2 a provider that is not configured has no callback', async () => {
  const answer = await fetch(`${stack().apiUrl}/v1/callbacks/paypal`, { method: 'POST', body: '{}' });
  expect(answer.status).toBe(404);
  expect(await answer.json()).toMatchObject({ code: 'not_found' });
});

test.each(['alipay', 'wechatpay', 'stripe'])(
  'PY-2 %s: nonsense is refused in the provider’s words',
  async (provider) => {
    const answer = await fetch(`${stack().apiUrl}/v1/callbacks/${provider}`, {
      method: 'POST',
      body: 'nonsense',
    });
    expect([400, 401]).toContain(answer.status);
    await answer.arrayBuffer();
  },
);

test('PY-9 each provider’s own bill of the day shows what was paid and refunded, to the fen', async () => {
  const finance = await staff('finance');
  const day = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
  for (const method of ['alipay_qr', 'wechat_native', 'card']) {
    const way = wayOf(method);
    const skuId = await givenSku(await givenShop(), 10);
    const buyer = await newBuyer();
    const orderNo = await submit(buyer, { [skuId]: 1 });
    const { outTradeNo } = await payBy(buyer, orderNo, way);
    await finance.post(`/platform/orders/${orderNo}/refunds`, { amountFen: 2_345, reason: 'goodwill' });
    await waitFor(buyer, orderNo, ({ refunds }) => refunds.some(({ state }) => state === 'succeeded'));
    const bill = await finance.get<{ lines: { kind: string; outTradeNo: string; feeFen: number }[] }>(
      `/platform/channel-bills/${way.provider}/${day}`,
    );
    const lines = bill.lines.filter((line) => line.outTradeNo === outTradeNo);
    expect(lines).toMatchObject([
      { kind: 'payment', outTradeNo, refundNo: null, amountFen: PRICE },
      { kind: 'refund', outTradeNo, refundNo: `${outTradeNo}R1`, amountFen: 2_345 },
    ]);
    expect(lines[0]?.feeFen).toBeGreaterThan(0);
  }
});

test('PY-9 a bill of tomorrow is not ready; one of no provider is not found', async () => {
  const finance = await staff('finance');
  const tomorrow = new Date(Date.now() + 32 * 3_600_000).toISOString().slice(0, 10);
  for (const provider of ['alipay', 'wechatpay']) {
    const answer = await finance.raw('GET', `/platform/channel-bills/${provider}/${tomorrow}`);
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
      503,
      'bill_not_ready',
    ]);
  }
  expect((await finance.raw('GET', '/platform/channel-bills/paypal/2026-11-11')).status).toBe(404);
});
