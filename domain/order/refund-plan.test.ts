import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sumFen } from '../money.ts';
import { planRefund, type RefundablePayment } from './refund-plan.ts';

const payment = (
  outTradeNo: string,
  day: number,
  receivedFen: bigint,
  ...refunded: bigint[]
): RefundablePayment => ({
  outTradeNo,
  paidAt: new Date(Date.UTC(2026, 10, day)),
  receivedFen,
  refunds: refunded.map((amountFen) => ({ amountFen })),
});

describe('PY-8 decision-8 several payments are refunded in a stated order: the latest first', () => {
  test.each([
    ['one payment, in part', [payment('A', 1, 100n)], 30n, [['AR1', 30n]]],
    ['one payment, the rest', [payment('A', 1, 100n, 30n, 20n)], 50n, [['AR3', 50n]]],
    ['the latest alone suffices', [payment('A', 1, 100n), payment('B', 2, 50n)], 50n, [['BR1', 50n]]],
    [
      'the latest, then the one before',
      [payment('A', 1, 100n), payment('B', 2, 50n)],
      51n,
      [
        ['BR1', 50n],
        ['AR1', 1n],
      ],
    ],
    [
      'what is given back already is passed over',
      [payment('A', 1, 100n), payment('B', 2, 50n, 50n)],
      10n,
      [['AR1', 10n]],
    ],
    ['more than there is', [payment('A', 1, 100n, 1n)], 100n, null],
    ['nothing paid', [], 1n, null],
  ])('%s', (_name, payments, amountFen, expected) => {
    const parts = planRefund(payments, amountFen);
    expect(parts && parts.map((part) => [part.refundNo, part.amountFen])).toEqual(expected);
  });
});

test('PY-8 I3 however a refund is drawn: parts sum to it, no payment gives more than it brought, numbers are new', () => {
  const fen = fc.bigInt({ min: 1n, max: 1_000_000n });
  const payments = fc
    .array(
      fc.record({
        day: fc.integer({ min: 1, max: 5 }),
        received: fen,
        shares: fc.array(fen, { maxLength: 4 }),
      }),
      {
        maxLength: 4,
      },
    )
    .map((rows) =>
      rows.map(({ day, received, shares }, index) => {
        const given: bigint[] = [];
        for (const share of shares) if (sumFen([...given, share]) <= received) given.push(share);
        return payment(`P${index}`, day, received, ...given);
      }),
    );
  fc.assert(
    fc.property(payments, fen, (paid, amountFen) => {
      const left = (one: RefundablePayment) => one.receivedFen - sumFen(one.refunds.map((r) => r.amountFen));
      const parts = planRefund(paid, amountFen);
      if (amountFen > sumFen(paid.map(left))) {
        expect(parts).toBeNull();
        return;
      }
      expect(sumFen((parts ?? []).map((part) => part.amountFen))).toBe(amountFen);
      for (const part of parts ?? []) {
        const from = paid.find((one) => one.outTradeNo === part.outTradeNo) as RefundablePayment;
        expect(part.amountFen > 0n && part.amountFen <= left(from)).toBe(true);
        expect(part.refundNo).toBe(`${from.outTradeNo}R${from.refunds.length + 1}`);
        // Every later payment is used up before an earlier one is touched.
        for (const other of paid.filter(({ paidAt }) => paidAt > from.paidAt))
          expect(left(other)).toBe(
            sumFen((parts ?? []).filter((p) => p.outTradeNo === other.outTradeNo).map((p) => p.amountFen)),
          );
      }
    }),
  );
});
