import { afterAll, beforeAll, expect, test } from 'vitest';
import { dayOf } from '../../domain/order/refund-policy.ts';
import { Lab } from '../support/lab.ts';
import { givenShop, givenSku, newBuyer, pay, problemFrom, staff, submit, waitFor } from '../support/world.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.open();
});
afterAll(() => lab.close());

test('RF-8 what one person can give begins anew with the day in Beijing', async () => {
  const [buyer, merchant] = [await newBuyer(), await staff('merchant1')];
  const orderNo = await submit(buyer, { [await givenSku(await givenShop(), 5, { priceFen: 90_000n })]: 1 });
  await pay(buyer, orderNo);
  const give = (amountFen: number) =>
    merchant.post(`/merchant/orders/${orderNo}/goodwill`, {
      ...{ kind: 'goodwill', amountFen, reason: 'late_delivery', words: '发货延迟' },
    });
  await give(50_000);
  await waitFor(buyer, orderNo, ({ amounts }) => amounts.refundedFen === 50_000);
  const { renewsAt } = dayOf(lab.now());
  expect(await problemFrom(give(1))).toMatchObject({
    code: 'goodwill_limit',
    body: { renewsAt: renewsAt.toISOString() },
  });
  await lab.skip(renewsAt.getTime() - lab.now().getTime() + 1_000);
  await give(30_000);
  await waitFor(buyer, orderNo, ({ amounts }) => amounts.refundedFen === 80_000);
});
