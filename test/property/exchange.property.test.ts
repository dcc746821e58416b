import fc from 'fast-check';
import { expect, test } from 'vitest';
import { accounts } from '../../domain/ledger/voucher.ts';
import { type Fen, sumFen } from '../../domain/money.ts';
import { noEffects } from '../../domain/order/effects.ts';
import { type Moved, replace } from '../../domain/order/exchange.ts';
import type { OrderNode } from '../../domain/order/node.ts';
import { endUnpaid } from '../../domain/order/steps/end-unpaid.ts';
import { toCollect } from '../../domain/order/steps/record-payment.ts';
import { takeBack } from '../../domain/order/take-back.ts';
import { someLines } from '../support/leaf-arbitraries.ts';
import { AT, aLeaf, paidAlone } from '../support/leaves.ts';

const positive = (amount: Fen): Fen => (amount > 0n ? amount : 0n);

/** An exchange of some pieces of some lines, each for something of another price, after a goodwill or none. */
const exchange = someLines().chain((lines) =>
  fc.record({
    lines: fc.constant(lines),
    chosen: fc.array(
      fc.record({ count: fc.integer({ min: 1, max: 5 }), priceFen: fc.bigInt({ min: 0n, max: 60_000n }) }),
      { minLength: 1, maxLength: lines.length },
    ),
    goodwill: fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 100n })),
  }),
);

test('RT-8 RF-4 RF-9 what came back is what went over and what went back, to the fen and the point; nothing else is asked for than the difference', () => {
  fc.assert(
    fc.property(exchange, ({ lines, chosen, goodwill }) => {
      const paid = aLeaf(lines);
      const givenBackFen = (paid.payableFen * goodwill) / 100n;
      const leaf: OrderNode = { ...paid, state: 'completed', givenBackFen };
      const { scope, payments } = paidAlone(leaf);
      const refunds = givenBackFen > 0n ? [{ amountFen: givenBackFen }] : [];
      const pieces = chosen.map(({ count, priceFen }, index) => {
        const { lineNo, unitPriceFen, quantity: most } = lines[index] as (typeof lines)[number];
        const quantity = Math.min(count, most);
        const differenceFen = (priceFen - unitPriceFen) * BigInt(quantity);
        return { lineNo, quantity, wantSkuId: `W${lineNo}`, differenceFen };
      });
      const items = pieces.map(({ wantSkuId: skuId }) => ({
        ...{ skuId, title: skuId, spec: '', category: 'c', warehouseId: 'W1', hasSystem: false },
      }));
      const effects = noEffects();
      let moved: Moved | undefined;
      const set = takeBack(effects, {
        ...{
          scope,
          leaf,
          pieces,
          cause: 'C',
          reason: 'test',
          withFreight: false,
          buyerAtFault: false,
          at: AT,
        },
        payments: payments.map((payment) => ({ ...payment, refunds })),
        exchange: (reversals, cashFen) => {
          const replacement = { orderNo: 'R', items, paymentTimeoutMs: 60_000, contractId: 'C' };
          moved = replace(effects, {
            ...{ leaf, caseNo: 'C', pieces, reversals, cashFen, replacement, at: AT },
          });
          return moved;
        },
      });
      const [made] = effects.made as [OrderNode];
      const { creditFen, points, pointsFen } = moved as Moved;

      const shareFen = sumFen(effects.reversals.map((one) => one.cashFen));
      const cashFen = set?.givenBackFen === undefined ? 0n : set.givenBackFen - givenBackFen;
      expect(cashFen <= shareFen).toBe(true);
      expect(creditFen + sumFen(effects.refunds.map((one) => one.amountFen))).toBe(cashFen);
      expect(points + effects.points.reduce((sum, one) => sum + one.balanceDelta, 0)).toBe(
        effects.reversals.reduce((sum, one) => sum + one.points, 0),
      );

      for (const line of made.lines) {
        expect(line.goodsFen).toBe(line.unitPriceFen * BigInt(line.quantity));
        expect(line.payableFen).toBe(line.goodsFen - line.discountFen + line.freightFen - line.pointsFen);
        expect(sumFen(line.discounts.map((one) => one.amountFen))).toBe(line.discountFen);
        for (const amount of [line.payableFen, line.discountFen, line.freightFen, line.pointsFen])
          expect(amount >= 0n).toBe(true);
        expect(line.shopDiscountFen >= 0n && line.shopDiscountFen <= line.discountFen).toBe(true);
      }
      expect([made.payableFen, made.points, made.pointsFen]).toEqual([
        sumFen(made.lines.map((line) => line.payableFen)),
        points,
        pointsFen,
      ]);
      const toPayFen = toCollect(made).payableFen;
      expect(made.state).toBe(toPayFen > 0n ? 'awaiting_payment' : 'awaiting_shipment');
      const differenceFen = sumFen(pieces.map((piece) => piece.differenceFen));
      const dearerFen = sumFen(pieces.map((piece) => positive(piece.differenceFen)));
      expect(toPayFen <= dearerFen).toBe(true);
      if (pieces.length === 1) expect(toPayFen).toBe(positive(differenceFen));
      expect(toPayFen === 0n || effects.refunds.length === 0).toBe(true);

      const balance = (account: string, of = effects.vouchers) =>
        of
          .flatMap((voucher) => voucher.postings)
          .reduce(
            (sum, { debit, credit, amountFen }) =>
              sum + (debit === account ? amountFen : 0n) - (credit === account ? amountFen : 0n),
            0n,
          );
      expect(balance(accounts.exchangeClearing)).toBe(0n);
      const ofReplacement = effects.vouchers.filter((voucher) => voucher.orderNo === 'R');
      expect(-balance(accounts.deposits, ofReplacement)).toBe(creditFen + pointsFen);

      if (made.state !== 'awaiting_payment') return;
      const undone = endUnpaid({
        scope: { root: made, leaves: [made], attempts: [], coupons: [] },
        payments: payments.map((payment) => ({ ...payment, refunds })),
        ...{ action: 'cancel_unpaid', reason: 'test', byBuyer: true, at: AT },
      });
      expect(sumFen(undone.effects.refunds.map((one) => one.amountFen))).toBe(creditFen);
      expect(undone.effects.points.reduce((sum, one) => sum + one.balanceDelta, 0)).toBe(points);
      expect(undone.effects.points.every((one) => one.frozenDelta === 0)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});
