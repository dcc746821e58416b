import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { orderWorkflowId } from '../../workflows/order/messages.ts';
import { eventsOf, textOf } from '../support/histories.ts';
import { Lab, MINUTES } from '../support/lab.ts';
import { eventually, givenShop, givenSku, newBuyer, quote, waitFor } from '../support/world.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.open();
});
afterAll(() => lab.close());

test('I7 a step that fails is tried again, and history keeps no more of the failure than its code', async () => {
  const buyer = await newBuyer();
  const { quoteId, totalFen } = await quote(buyer, { [await givenSku(await givenShop(), 5)]: 1 });
  // The driver's error quotes the whole statement with all its values.
  await lab.db.execute(sql`ALTER TABLE notices RENAME TO notices_away`);
  const { orderNo, result } = await buyer.post<{ orderNo: string; result: string }>('/orders', {
    quoteId,
    totalFen,
  });
  expect(result).toBe('pending');
  const failure = await eventually(
    async () => {
      const events = await eventsOf(lab.client, orderWorkflowId(orderNo));
      return events.find((event) => event.markerRecordedEventAttributes?.failure)
        ?.markerRecordedEventAttributes?.failure;
    },
    'the failure in the history',
    30_000,
  );
  expect(failure).toMatchObject({
    message: 'submit failed',
    applicationFailureInfo: { type: '42P01' },
    cause: null,
  });
  const texts = JSON.stringify(failure, (_key, value) =>
    value instanceof Uint8Array ? textOf({ data: value }) : value,
  );
  for (const secret of [buyer.sub, buyer.addressId, quoteId, 'INSERT', 'params'])
    expect(texts).not.toContain(secret);

  await lab.db.execute(sql`ALTER TABLE notices_away RENAME TO notices`);
  await lab.skip(MINUTES(1));
  expect(await waitFor(buyer, orderNo, () => true)).toMatchObject({ state: 'awaiting_payment' });
});
