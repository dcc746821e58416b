import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { balances, moneyOf, vouchersOf } from '../support/books.ts';
import { openPayment } from '../support/payments.ts';
import {
  alipay,
  database,
  givenCoupon,
  givenPoints,
  givenShop,
  givenSku,
  newBuyer,
  pay,
  readOrder,
  shipAndReceive,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

test('FN-2 decision-31 a shop’s own discount lowers base and commission, a platform’s does not: the platform pays it', async () => {
  const buyer = await newBuyer();
  const shopId = await givenShop();
  const skuId = await givenSku(shopId, 10, { priceFen: 20_000n });
  const couponIds = [
    await givenCoupon(buyer, {
      name: 'shop',
      issuer: 'shop',
      scope: { kind: 'shop', shopId },
      benefit: { kind: 'fixed', saveFen: 3_000 },
    }),
    await givenCoupon(buyer, { name: 'platform', benefit: { kind: 'fixed', saveFen: 2_000 } }),
  ];
  await givenPoints(buyer, 1_000);
  const orderNo = await submit(buyer, { [skuId]: 1 }, { couponIds, points: 1_000 });
  const before = await balances();
  await pay(buyer, orderNo);
  await shipAndReceive(await staff('merchant1'), buyer, orderNo);
  const { settlement } = await readOrder(await staff('merchant1'), orderNo);
  expect(settlement).toMatchObject({ baseFen: 17_000, commissionFen: 850, netFen: 16_150 });
  const after = await balances();
  const change = (account: string) => (after[account] ?? 0) - (before[account] ?? 0);
  expect({
    channel: change('channel:alipay'),
    deposits: change('deposits'),
    points: change('points_liability'),
    pointsCost: change('points_cost'),
    cost: change('promotion_cost'),
    payable: change('merchant:M1:payable'),
  }).toEqual({
    channel: 14_000,
    deposits: 0,
    points: 1_000 - 140,
    pointsCost: 140,
    cost: 2_000,
    payable: -17_000,
  });
  expect((await moneyOf(buyer))[orderNo]).toEqual({ paidFen: 14_000, refundedFen: 0 });
});

test('FN-2 FN-3 what came back to a buyer is a voucher too, and reverses the one it came in by', async () => {
  const buyer = await newBuyer();
  const orderNo = await submit(buyer, { [await givenSku(await givenShop(), 3)]: 1 });
  const { outTradeNo } = await openPayment(buyer, orderNo);
  await alipay(`/trades/${outTradeNo}/pay`, { amountFen: 4_321 });
  await waitFor(buyer, orderNo, (order) => order.refunds.some((refund) => refund.state === 'succeeded'));
  expect((await moneyOf(buyer))[orderNo]).toEqual({ paidFen: 4_321, refundedFen: 4_321 });
  const [moneyIn, refund] = await vouchersOf(await staff('finance'), orderNo);
  expect(moneyIn?.postings).toEqual([{ debit: 'channel:alipay', credit: 'unallocated', amountFen: 4_321 }]);
  expect(refund).toMatchObject({
    kind: 'refund',
    reverses: moneyIn?.voucherNo,
    postings: [{ debit: 'unallocated', credit: 'channel:alipay', amountFen: 4_321 }],
  });
});

test.each([
  ['vouchers', "UPDATE vouchers SET cause = 'x'"],
  ['vouchers', 'DELETE FROM vouchers'],
  ['vouchers', 'TRUNCATE vouchers CASCADE'],
  ['postings', 'UPDATE postings SET amount_fen = amount_fen + 1'],
  ['postings', 'DELETE FROM postings'],
  ['postings', 'TRUNCATE postings'],
  ['order_lines', 'UPDATE order_lines SET payable_fen = 0'],
  ['order_log', 'DELETE FROM order_log'],
])('FN-1 the database refuses to change %s: %s', async (table, statement) => {
  const refused = await database()
    .execute(sql.raw(statement))
    .then(
      () => null,
      (error: { cause?: { code?: string; message?: string } }) => error.cause,
    );
  expect(refused).toMatchObject({ code: 'DD002', message: `${table} is append-only` });
});
