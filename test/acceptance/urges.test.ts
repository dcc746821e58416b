import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { logOf } from '../support/books.ts';
import { givenShop, givenSku, newBuyer, pay, problemFrom, ship, staff, submit } from '../support/world.ts';

/** LG-5: whom to ask, and to be heard. */

test('LG-5 the buyer urges once in 24 hours: the merchant is told, it is logged, a second time is refused', async () => {
  const [buyer, merchant] = [await newBuyer(), await staff('merchant1')];
  const orderNo = await submit(buyer, { [await givenSku(await givenShop(), 5)]: 1 });
  const urge = (key?: string) => buyer.post(`/orders/${orderNo}/urges`, {}, key);
  expect(await problemFrom(urge())).toMatchObject({ status: 409, code: 'not_urgeable' });
  await pay(buyer, orderNo);
  const key = randomUUID();
  const answers = await Promise.allSettled([urge(key), urge(key), urge(), urge()]);
  // The same request twice is one; of several at once one is heard.
  expect(answers.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(1);
  expect(await problemFrom(urge())).toMatchObject({ status: 409, code: 'urged_already' });
  const { notices } = await merchant.get<{ notices: { orderNo: string; event: string }[] }>('/notices');
  expect(notices.filter((n) => n.orderNo === orderNo && n.event.startsWith('urged'))).toHaveLength(1);
  expect((await logOf(buyer, orderNo)).filter(({ action }) => action === 'urge')).toHaveLength(1);
  const stranger = await newBuyer();
  expect((await problemFrom(stranger.post(`/orders/${orderNo}/urges`, {}))).status).toBe(404);
});

test('LG-5 LG-1 a parcel names its carrier’s phone and the merchant’s contact', async () => {
  const [buyer, merchant] = [await newBuyer(), await staff('merchant1')];
  const orderNo = await submit(buyer, { [await givenSku(await givenShop(), 5)]: 1 });
  await pay(buyer, orderNo);
  await ship(merchant, orderNo);
  const { parcels } = await buyer.get<{ parcels: { carrierPhone: string; merchantContact: string }[] }>(
    `/orders/${orderNo}/tracks`,
  );
  expect(parcels).toMatchObject([{ carrierPhone: '95338', merchantContact: expect.stringMatching(/\S/) }]);
});
