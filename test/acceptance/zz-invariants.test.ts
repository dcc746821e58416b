import { type SQL, sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import type { Database } from '../../db/client.ts';
import { INVARIANTS } from '../support/invariants.ts';
import {
  database,
  givenCoupon,
  givenPoints,
  givenShop,
  givenSku,
  newBuyer,
  pay,
  submit,
} from '../support/world.ts';

// Named to run last: what it looks at is everything the other files did.
test.each(Object.entries(INVARIANTS))('%s', async (_name, violationsOf) => {
  expect(await violationsOf(database())).toEqual([]);
});

/** A joint paid order and a single unpaid one that holds stock, a coupon and points: something for every invariant. */
async function givenOrders(): Promise<{ paid: string; unpaid: string; buyerId: string }> {
  const buyer = await newBuyer();
  await givenPoints(buyer, 200);
  const [a, b] = [await givenSku(await givenShop(), 5), await givenSku(await givenShop(), 5)];
  const paid = await submit(buyer, { [a]: 1, [b]: 1 });
  await pay(buyer, paid);
  const unpaid = await submit(buyer, { [a]: 2 }, { couponIds: [await givenCoupon(buyer)], points: 200 });
  return { paid, unpaid, buyerId: buyer.sub };
}

/** What each invariant must notice, as a change behind the product's back. */
const DAMAGE: [keyof typeof INVARIANTS, (given: Awaited<ReturnType<typeof givenOrders>>) => SQL][] = [
  [
    'IN-7 I1 on hand and reserved are what the movements say, and nothing is negative',
    ({ unpaid }) =>
      sql`UPDATE stock_levels SET on_hand = on_hand + 1 FROM order_lines l WHERE l.order_no = ${unpaid} AND stock_levels.sku_id = l.sku_id`,
  ],
  [
    'IN-3 I1 reserved is what unpaid orders hold, no more and no less',
    ({ unpaid }) =>
      sql`UPDATE stock_levels SET reserved = reserved - 1 FROM order_lines l WHERE l.order_no = ${unpaid} AND stock_levels.sku_id = l.sku_id`,
  ],
  [
    'IN-2 IN-3 I3 an order sells or releases what it reserved, once',
    ({
      unpaid,
    }) => sql`INSERT INTO stock_movements (sku_id, warehouse_id, order_no, cause, on_hand_delta, reserved_delta, at)
      SELECT sku_id, warehouse_id, order_no, cause, 0, -quantity, now() FROM order_lines, unnest(ARRAY['sell', 'release']) cause WHERE order_no = ${unpaid}`,
  ],
  [
    'FN-1 I2 every voucher balances and has postings unless nothing moved',
    ({ paid }) =>
      sql`INSERT INTO vouchers (voucher_no, kind, order_no, root_no, cause, operator, at) VALUES (${`${paid}-X`}, 'refund', ${paid}, ${paid}, 'x', 'x', now())`,
  ],
  [
    'RT-8 I2 what leaves an order by an exchange arrives at its replacement',
    ({ paid }) => sql`INSERT INTO postings (voucher_no, seq, debit, credit, amount_fen)
      SELECT voucher_no, 99, 'deposits', 'exchange_clearing', 1 FROM vouchers WHERE root_no = ${paid} LIMIT 1`,
  ],
  [
    'FN-2 I2 per order the books’ money at the channels is what was received less what was refunded',
    ({ paid }) => sql`UPDATE payments SET received_fen = received_fen - 1 WHERE order_no = ${paid}`,
  ],
  [
    'PY-8 I3 refunds of a payment never pass what came in',
    ({
      paid,
    }) => sql`INSERT INTO refunds (refund_no, out_trade_no, order_no, amount_fen, reason, source, state, created_at)
      SELECT out_trade_no || 'RX', out_trade_no, order_no, received_fen + 1, 'x', 'deposits', 'requested', now() FROM payments WHERE order_no = ${paid}`,
  ],
  [
    'SP-9 I2 children sum to their parent in every amount',
    ({ paid }) => sql`UPDATE orders SET freight_fen = freight_fen + 1 WHERE order_no = ${paid}`,
  ],
  [
    'SP-9 CK-9 I2 lines sum to their order in every amount, and each line to its own',
    ({ unpaid }) => sql`UPDATE order_lines SET points_fen = points_fen + 1 WHERE order_no = ${unpaid}`,
  ],
  [
    'CK-5 I3 a locked coupon has its unpaid order, a used one its paid order',
    ({ unpaid }) => sql`UPDATE coupons SET state = 'used' WHERE order_no = ${unpaid}`,
  ],
  [
    'CK-6 I3 points are what their movements say, and frozen is what unpaid orders hold',
    ({ buyerId }) => sql`UPDATE points_accounts SET frozen = 0 WHERE buyer_id = ${buyerId}`,
  ],
  [
    'CK-12 RF-9 I2 what orders earned in points is what their vouchers owe for it',
    ({ paid, buyerId }) =>
      sql`INSERT INTO points_movements (buyer_id, order_no, cause, balance_delta, frozen_delta, at) VALUES (${buyerId}, ${paid}, 'earn', 1, 0, now())`,
  ],
  [
    'RF-8 RT-3 a proposed refund is with finance until somebody else than its proposer decided it',
    ({
      paid,
    }) => sql`INSERT INTO refund_proposals (proposal_no, order_no, amount_fen, kind, payload, body_hash, proposed_by, proposed_at, state)
      VALUES (${`${paid}PX`}, ${paid}, 1, 'x', '{}', 'x', 'platform:x', now(), 'open')`,
  ],
  [
    'ST-1 I4 only transitions of the table happened, each from where the last one ended',
    ({ unpaid }) => sql`UPDATE orders SET state = 'completed' WHERE order_no = ${unpaid}`,
  ],
];

test.each(DAMAGE)('I1 I2 I3 I4 the check notices damage: %s', async (name, damage) => {
  const change = damage(await givenOrders());
  const undo = new Error('undo');
  let found: unknown[] = [];
  const damaged = database().transaction(async (tx) => {
    // The triggers that refuse such changes are off inside this transaction only, which is rolled back.
    await tx.execute(sql`SET LOCAL session_replication_role = replica`);
    await tx.execute(change);
    found = await INVARIANTS[name](tx as unknown as Database);
    throw undo;
  });
  await expect(damaged).rejects.toBe(undo);
  expect(found.length).toBeGreaterThan(0);
});
