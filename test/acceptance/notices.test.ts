import { expect, test } from 'vitest';
import type { ShopClient } from '../../cli/shop-client.ts';
import {
  type Buyer,
  givenShop,
  givenSku,
  newBuyer,
  type Order,
  pay,
  readOrder,
  receive,
  ship,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

type Notice = { orderNo: string; event: string; params: Record<string, unknown>; at: string };
const told = async (client: ShopClient, orderNo: string) =>
  (await client.get<{ notices: Notice[] }>('/notices')).notices
    .filter((notice) => notice.orderNo === orderNo)
    .map(({ event }) => event)
    .reverse();
const namesOf = ({ actions }: Pick<Order, 'actions'>) => actions.map(({ action }) => action).sort();

async function oneOrder(
  shop: Parameters<typeof givenShop>[0] = {},
): Promise<{ buyer: Buyer; orderNo: string; shopId: string }> {
  const buyer = await newBuyer();
  const shopId = await givenShop(shop);
  return { buyer, shopId, orderNo: await submit(buyer, { [await givenSku(shopId, 10)]: 1 }) };
}

test('NT-1 every state says what is to be done, in Chinese and English', async () => {
  const merchant = await staff('merchant1');
  const { buyer, orderNo } = await oneOrder({ kind: 'third_party' });
  const says = async (client: ShopClient) => (await readOrder(client, orderNo)).prompt;
  expect(await says(buyer)).toEqual({
    zh: expect.stringMatching(/^请在 \d+分\d+秒内支付 ¥100\.00，/),
    en: expect.stringMatching(/^Pay CNY 100\.00 within \d+ min \d+ s;/),
  });
  await pay(buyer, orderNo);
  expect(await says(buyer)).toEqual({
    zh: expect.stringContaining('等待商家确认'),
    en: expect.stringContaining('Waiting for the merchant to confirm'),
  });
  expect((await says(merchant)).zh).toContain('核对');
  await merchant.post(`/merchant/orders/${orderNo}/review`, { decision: 'hold', reason: '核实电话' });
  expect(await says(buyer)).toEqual({
    zh: expect.stringContaining('核实电话'),
    en: expect.stringContaining('核实电话'),
  });
  await merchant.post(`/merchant/orders/${orderNo}/review`, { decision: 'confirm' });
  expect((await says(merchant)).en).toContain('tracking number');
  await ship(merchant, orderNo, 'SF1000000000009');
  expect(await says(buyer)).toEqual({
    zh: expect.stringContaining('SF1000000000009'),
    en: expect.stringMatching(/counts as received at 20\d\d-\d\d-\d\d \d\d:\d\d \(Beijing time\)/),
  });
  await receive(buyer, orderNo);
  expect(await says(buyer)).toEqual({
    zh: expect.stringContaining('交易成功'),
    en: expect.stringContaining('Completed'),
  });
  expect(await says(merchant)).toEqual({
    zh: expect.stringContaining('结算'),
    en: expect.stringContaining('Settlement is due from'),
  });
});

test('NT-1 a cancelled order says why', async () => {
  const [asked, late] = [await oneOrder(), await oneOrder({ paymentTimeoutSeconds: 1 })];
  await asked.buyer.post(`/orders/${asked.orderNo}/cancellations`);
  expect((await readOrder(asked.buyer, asked.orderNo)).prompt).toEqual({
    zh: '您已取消订单。',
    en: 'Cancelled at your request.',
  });
  const ended = await waitFor(late.buyer, late.orderNo, ({ state }) => state === 'cancelled');
  expect(ended.prompt).toEqual({ zh: '超时未支付，订单已自动取消。', en: 'Not paid in time, cancelled.' });
});

test('NT-2 each step tells those concerned, once', async () => {
  const merchant = await staff('merchant1');
  const { buyer, orderNo } = await oneOrder({ kind: 'third_party' });
  await pay(buyer, orderNo);
  await merchant.post(`/merchant/orders/${orderNo}/review`, { decision: 'confirm' });
  await ship(merchant, orderNo);
  await receive(buyer, orderNo);
  expect((await told(buyer, orderNo)).map((event) => event.split(':')[0])).toEqual([
    'submitted',
    'paid',
    'review_confirm',
    'shipped',
    'completed',
  ]);
  expect(await told(merchant, orderNo)).toEqual(['to_ship', 'completed']);
  expect(await told(await staff('merchant2'), orderNo)).toEqual([]);
  expect(await told(await newBuyer(), orderNo)).toEqual([]);
});

test('NT-2 SB-6 a step asked for many times at once is told once', async () => {
  const { buyer, orderNo } = await oneOrder();
  await Promise.allSettled([1, 2, 3, 4, 5].map(() => buyer.post(`/orders/${orderNo}/cancellations`)));
  expect(await told(buyer, orderNo)).toEqual(['submitted', 'cancel_unpaid']);
});

test('NT-2 the deadline is told to the buyer, with the reason', async () => {
  const { buyer, orderNo } = await oneOrder({ paymentTimeoutSeconds: 1 });
  await waitFor(buyer, orderNo, ({ state }) => state === 'cancelled');
  const { notices } = await buyer.get<{ notices: Notice[] }>('/notices');
  expect(notices.find(({ event }) => event === 'expire')).toMatchObject({
    orderNo,
    params: { reason: 'payment_timeout' },
  });
});

test('NT-3 the process log says who did what, when, from which state to which', async () => {
  const merchant = await staff('merchant1');
  const { buyer, orderNo } = await oneOrder();
  await pay(buyer, orderNo);
  await ship(merchant, orderNo);
  await receive(buyer, orderNo);
  const { log } = await buyer.get<{
    log: {
      action: string;
      actor: string;
      fromState: string | null;
      toState: string;
      at: string;
      input: object;
      result: object;
    }[];
  }>(`/orders/${orderNo}/log`);
  expect(
    log.map(({ action, actor, fromState, toState }) => [action, actor.split(':')[0], fromState, toState]),
  ).toEqual([
    ['submit', 'buyer', null, 'awaiting_payment'],
    ['record_payment', 'provider', 'awaiting_payment', 'awaiting_shipment'],
    ['ship', 'merchant', 'awaiting_shipment', 'awaiting_receipt'],
    ['receive', 'buyer', 'awaiting_receipt', 'completed'],
  ]);
  expect(log.map(({ at }) => at)).toEqual(log.map(({ at }) => at).sort());
  expect(
    log.every(({ result }) => (result as { verdict: { result: string } }).verdict.result === 'accepted'),
  ).toBe(true);
  expect(JSON.stringify(log)).not.toMatch(/张三|13800000001|世纪大道/);
});

test('ST-7 each state offers each role exactly what it can do, and every offer is taken', async () => {
  const [merchant, customerService] = [await staff('merchant1'), await staff('customerService')];
  const { buyer, orderNo } = await oneOrder({ kind: 'third_party' });
  const offers = async () =>
    Promise.all(
      [buyer, merchant, customerService].map(async (client) => namesOf(await readOrder(client, orderNo))),
    );
  expect(await offers()).toEqual([
    ['amend_address', 'cancel', 'pay', 'send_message'],
    ['add_note', 'change_price', 'close'],
    ['close'],
  ]);
  await pay(buyer, orderNo);
  expect(await offers()).toEqual([
    ['amend_address', 'cancel', 'send_message'],
    expect.arrayContaining(['confirm', 'hold', 'refund_shortage']),
    ['cancel', 'give_goodwill', 'refund'],
  ]);
  expect((await offers())[1]).not.toContain('ship');
  await merchant.post(`/merchant/orders/${orderNo}/review`, { decision: 'confirm' });
  expect(await offers()).toEqual([
    ['amend_address', 'cancel', 'send_message'],
    expect.arrayContaining(['hold', 'ship']),
    ['cancel', 'give_goodwill', 'refund'],
  ]);
  expect((await offers())[1]).not.toContain('confirm');
  await ship(merchant, orderNo);
  expect(await offers()).toEqual([
    ['confirm_receipt', 'extend_receipt', 'send_message'],
    ['add_note', 'give_goodwill'],
    ['give_goodwill', 'place_hold', 'refund'],
  ]);
  await buyer.post(`/orders/${orderNo}/receipt-extensions`);
  expect(await offers()).toEqual([
    ['confirm_receipt', 'send_message'],
    ['add_note', 'give_goodwill'],
    ['give_goodwill', 'place_hold', 'refund'],
  ]);
  const { holdId } = await customerService.post<{ holdId: string }>(`/platform/orders/${orderNo}/holds`, {
    reason: 'case',
  });
  expect(await offers()).toEqual([
    ['send_message'],
    ['add_note', 'give_goodwill'],
    ['give_goodwill', 'place_hold', 'refund', 'release_hold'],
  ]);
  await customerService.post(`/platform/orders/${orderNo}/hold-releases`, { holdId, reason: 'over' });
  await receive(buyer, orderNo);
  expect(await offers()).toEqual([
    [],
    ['add_note', 'give_goodwill'],
    ['give_goodwill', 'place_hold', 'refund'],
  ]);

  const cancelled = await oneOrder();
  await cancelled.buyer.post(`/orders/${cancelled.orderNo}/cancellations`);
  expect(namesOf(await readOrder(cancelled.buyer, cancelled.orderNo))).toEqual([]);
  const expired = await oneOrder({ paymentTimeoutSeconds: 1 });
  expect(namesOf(await waitFor(expired.buyer, expired.orderNo, ({ secondsLeft }) => !secondsLeft))).toEqual(
    [],
  );
});

test('ST-7 SP-2 the parent of a joint order offers nothing that only its children can do', async () => {
  const [buyer, m1, m2] = [await newBuyer(), await staff('merchant1'), await staff('merchant2')];
  const skus = [
    await givenSku(await givenShop(), 10),
    await givenSku(await givenShop({ merchantId: 'M2' }), 10),
  ] as const;
  const orderNo = await submit(buyer, { [skus[0]]: 1, [skus[1]]: 1 });
  expect(namesOf(await readOrder(buyer, orderNo))).toEqual(['amend_address', 'cancel', 'pay']);
  await pay(buyer, orderNo);
  const { children } = await readOrder(buyer, orderNo);
  for (const [merchant, sku] of [
    [m1, skus[0]],
    [m2, skus[1]],
  ] as const) {
    await ship(merchant, children.find(({ lines }) => lines[0]?.skuId === sku)?.orderNo as string);
  }
  const shipped = await waitFor(buyer, orderNo, ({ state }) => state === 'awaiting_receipt');
  expect(shipped.children.map(namesOf)).toEqual([
    ['confirm_receipt', 'extend_receipt', 'send_message'],
    ['confirm_receipt', 'extend_receipt', 'send_message'],
  ]);
  expect(namesOf(shipped)).toEqual([]);
});
