import { expect, test } from 'vitest';
import type { ShopClient } from '../../cli/shop-client.ts';
import { logOf } from '../support/books.ts';
import {
  ADDRESS,
  type Buyer,
  givenShop,
  givenSku,
  newBuyer,
  pay,
  problemFrom,
  readOrder,
  receive,
  ship,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

/** Every state against every command (ST-1): what the table lacks is refused, with the state, and changes nothing. */

interface People {
  buyer: Buyer;
  merchant: ShopClient;
  service: ShopClient;
}

type Command = (people: People, orderNo: string) => Promise<unknown>;

const COMMANDS: Record<string, Command> = {
  pay: ({ buyer }, orderNo) => buyer.post(`/orders/${orderNo}/payments`, { method: 'alipay_qr' }),
  cancel: ({ buyer }, orderNo) => buyer.post(`/orders/${orderNo}/cancellations`, {}),
  amend_address: ({ buyer }, orderNo) =>
    buyer.put(`/orders/${orderNo}/address`, { ...ADDRESS, street: '张杨路 1 号' }),
  send_message: ({ buyer }, orderNo) => buyer.post(`/orders/${orderNo}/messages`, { text: '请快一点' }),
  review: ({ merchant }, orderNo) =>
    merchant.post(`/merchant/orders/${orderNo}/review`, { decision: 'hold', reason: 'look again' }),
  ship: ({ merchant }, orderNo) => ship(merchant, orderNo),
  receive: ({ buyer }, orderNo) => buyer.post(`/orders/${orderNo}/receipt`, {}),
  extend_receipt: ({ buyer }, orderNo) => buyer.post(`/orders/${orderNo}/receipt-extensions`),
  change_price: ({ merchant }, orderNo) =>
    merchant.post(`/merchant/orders/${orderNo}/price-changes`, { priceOffFen: 1, reason: 'a gift' }),
  close: ({ merchant }, orderNo) =>
    merchant.post(`/merchant/orders/${orderNo}/closures`, { reason: 'cannot sell' }),
  refund: ({ service }, orderNo) =>
    service.post(`/platform/orders/${orderNo}/refunds`, { amountFen: 1, reason: 'goodwill' }),
  goodwill: ({ merchant }, orderNo) =>
    merchant.post(`/merchant/orders/${orderNo}/goodwill`, {
      ...{ kind: 'goodwill', amountFen: 1, reason: 'other', words: '抱歉' },
    }),
  hold: ({ service }, orderNo) => service.post(`/platform/orders/${orderNo}/holds`, { reason: 'a case' }),
};

const REFUSALS: Record<string, string> = {
  pay: 'not_awaiting_payment',
  cancel: 'not_awaiting_shipment',
  amend_address: 'not_amendable',
  send_message: 'not_writable',
  review: 'not_awaiting_shipment',
  ship: 'not_awaiting_shipment',
  receive: 'not_awaiting_receipt',
  extend_receipt: 'not_awaiting_receipt',
  change_price: 'not_awaiting_payment',
  close: 'not_awaiting_payment',
  refund: 'not_refundable',
  goodwill: 'not_refundable',
  hold: 'not_holdable',
};

type Reached = 'awaiting_payment' | 'awaiting_shipment' | 'awaiting_receipt' | 'completed' | 'cancelled';

const POSSIBLE: Record<Reached, readonly string[]> = {
  awaiting_payment: ['pay', 'cancel', 'change_price', 'close', 'amend_address', 'send_message'],
  awaiting_shipment: ['cancel', 'review', 'ship', 'refund', 'goodwill', 'amend_address', 'send_message'],
  awaiting_receipt: ['receive', 'extend_receipt', 'hold', 'refund', 'goodwill', 'send_message'],
  completed: ['hold', 'refund', 'goodwill'],
  cancelled: [],
};

async function orderIn(state: Reached): Promise<People & { orderNo: string }> {
  const buyer = await newBuyer();
  const merchant = await staff('merchant1');
  const people = { buyer, merchant, service: await staff('customerService') };
  const orderNo = await submit(buyer, { [await givenSku(await givenShop(), 5)]: 1 });
  if (state === 'cancelled') await buyer.post(`/orders/${orderNo}/cancellations`, {});
  if (['awaiting_shipment', 'awaiting_receipt', 'completed'].includes(state)) await pay(buyer, orderNo);
  if (['awaiting_receipt', 'completed'].includes(state)) await ship(merchant, orderNo);
  if (state === 'completed') await receive(buyer, orderNo);
  await waitFor(buyer, orderNo, (order) => order.state === state);
  return { ...people, orderNo };
}

for (const state of Object.keys(POSSIBLE) as Reached[]) {
  test(`ST-1 ST-7 ${state}: every command that is not possible is refused with the state, and leaves no trace`, async () => {
    const { orderNo, ...people } = await orderIn(state);
    const [before, logBefore] = [await readOrder(people.buyer, orderNo), await logOf(people.buyer, orderNo)];
    for (const [name, command] of Object.entries(COMMANDS)) {
      if (POSSIBLE[state].includes(name)) continue;
      const problem = await problemFrom(command(people, orderNo));
      expect([name, problem.status, problem.code, problem.body['state']]).toEqual([
        name,
        409,
        name === 'cancel' && state === 'cancelled' ? 'not_awaiting_payment' : REFUSALS[name],
        state,
      ]);
      expect(problem.body['detail']).not.toBe('');
    }
    const { secondsLeft: _a, prompt: _b, ...after } = await readOrder(people.buyer, orderNo);
    expect(before).toMatchObject(after);
    expect(await logOf(people.buyer, orderNo)).toEqual(logBefore);
  });

  test.each(POSSIBLE[state])(`ST-1 ST-7 ${state}: %s is possible`, async (name) => {
    const { orderNo, ...people } = await orderIn(state);
    await expect(COMMANDS[name]?.(people, orderNo)).resolves.toBeDefined();
  });
}

const OFFERED: Record<Reached, Record<'buyer' | 'merchant' | 'service', readonly string[]>> = {
  awaiting_payment: {
    buyer: ['pay', 'cancel', 'amend_address', 'send_message'],
    merchant: ['change_price', 'close', 'add_note'],
    service: ['close'],
  },
  awaiting_shipment: {
    buyer: ['cancel', 'amend_address', 'send_message'],
    merchant: [
      'hold',
      'ask_correction',
      'ship',
      'ask_waybill',
      'refund_shortage',
      'give_goodwill',
      'add_note',
    ],
    service: ['cancel', 'refund', 'give_goodwill'],
  },
  awaiting_receipt: {
    buyer: ['confirm_receipt', 'extend_receipt', 'send_message'],
    merchant: ['give_goodwill', 'add_note'],
    service: ['refund', 'give_goodwill', 'place_hold'],
  },
  completed: {
    buyer: [],
    merchant: ['give_goodwill', 'add_note'],
    service: ['place_hold', 'refund', 'give_goodwill'],
  },
  cancelled: { buyer: [], merchant: ['add_note'], service: [] },
};

test.each(Object.keys(OFFERED) as Reached[])(
  'ST-7 %s: each role is offered exactly what it can do',
  async (state) => {
    const { orderNo, ...people } = await orderIn(state);
    for (const role of ['buyer', 'merchant', 'service'] as const) {
      const { actions } = await readOrder(people[role], orderNo);
      expect([role, actions.map(({ action }) => action).sort()]).toEqual([
        role,
        [...OFFERED[state][role]].sort(),
      ]);
    }
  },
);

test('ST-1 a hold can only be released where it was placed', async () => {
  const held = await orderIn('awaiting_receipt');
  const other = await orderIn('awaiting_receipt');
  const { holdId } = await held.service.post<{ holdId: string }>(`/platform/orders/${held.orderNo}/holds`, {
    reason: 'a case',
  });
  const release = (orderNo: string, id: string) =>
    held.service.post(`/platform/orders/${orderNo}/hold-releases`, { holdId: id, reason: 'over' });
  expect((await problemFrom(release(other.orderNo, holdId))).code).toBe('not_held');
  expect((await problemFrom(release(held.orderNo, 'H000000000000000000000000'))).code).toBe('not_held');
  expect((await readOrder(held.buyer, held.orderNo)).onHold).toBe(true);
  await release(held.orderNo, holdId);
  expect((await readOrder(held.buyer, held.orderNo)).onHold).toBe(false);
});
