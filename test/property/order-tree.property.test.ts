import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Voucher } from '../../domain/ledger/voucher.ts';
import { refundVoucher } from '../../domain/ledger/vouchers.ts';
import { sumFen } from '../../domain/money.ts';
import type { Contract, OrderNode } from '../../domain/order/node.ts';
import { newOrderNo } from '../../domain/order/order-no.ts';
import { endUnpaid } from '../../domain/order/steps/end-unpaid.ts';
import { receive } from '../../domain/order/steps/receive.ts';
import { recordPayment } from '../../domain/order/steps/record-payment.ts';
import { refund } from '../../domain/order/steps/refund.ts';
import { ship } from '../../domain/order/steps/ship.ts';
import { submitOrder } from '../../domain/order/steps/submit.ts';
import type { PricedBasket } from '../../domain/pricing/basket.ts';
import { priceBasket } from '../../domain/pricing/price.ts';
import type { PricingInput } from '../../domain/pricing/types.ts';
import { someBasket } from '../support/pricing-arbitraries.ts';

const at = new Date('2026-03-01T04:00:00Z');
const contract: Contract = { contractId: 'C', settleAfterSeconds: 86_400, commissionBps: { default: 437 } };
let counter = 0;
/** A number whose random part runs through all values. */
const orderNo = () => newOrderNo(at, () => (counter = (counter * 141 + 28) % 256));

const allShipped = ({ lines }: OrderNode): OrderNode['progress'] =>
  Object.fromEntries(lines.map(({ lineNo, quantity }) => [lineNo, { shipped: quantity }]));

function basketOf(input: PricingInput): PricedBasket {
  const shopIds = [...new Set(input.lines.map((line) => line.shopId))];
  return {
    addressId: 'A',
    region: input.region,
    warehousesWithSystem: [],
    isNewBuyer: false,
    items: input.lines.map(({ skuId, shopId, category }, index) => ({
      skuId,
      shopId,
      category,
      title: skuId,
      spec: '',
      warehouseId: 'W1',
      inventoryMode: index % 2 === 0 ? 'reserve' : 'on_payment',
      paymentTimeoutSeconds: 1800,
    })),
    shops: shopIds.map((shopId) => ({
      shopId,
      merchantId: `M-${shopId}`,
      name: shopId,
      kind: 'self_operated',
      autoReceiptSeconds: 86_400,
      reviewRules: {},
      shipWithinSeconds: 86_400,
    })),
    pricing: priceBasket(input),
  };
}

function submitted(input: PricingInput) {
  const submission = submitOrder({
    orderNo: orderNo(),
    buyerId: 'B',
    basket: basketOf(input),
    at,
    contractOf: () => 'C',
  });
  const [root, ...children] = submission.nodes as [OrderNode, ...OrderNode[]];
  return { ...submission, root, leaves: children.length > 0 ? children : [root] };
}

const balance = (vouchers: readonly Voucher[], account: string) =>
  sumFen(
    vouchers.flatMap(({ postings }) =>
      postings.map(({ debit, credit, amountFen }) =>
        debit === account ? amountFen : credit === account ? -amountFen : 0n,
      ),
    ),
  );

test('SP-3 SP-9 the children of any basket sum to their parent in every amount', () => {
  fc.assert(
    fc.property(someBasket(), (input) => {
      const { root, leaves } = submitted(input);
      for (const amount of ['payableFen', 'pointsFen', 'discountFen', 'shopDiscountFen'] as const) {
        expect(sumFen(leaves.map((leaf) => leaf[amount]))).toBe(root[amount]);
        for (const leaf of leaves) expect(sumFen(leaf.lines.map((line) => line[amount]))).toBe(leaf[amount]);
      }
      expect(leaves.reduce((sum, leaf) => sum + leaf.points, 0)).toBe(root.points);
    }),
    { numRuns: 500 },
  );
});

test('IN-3 what an unpaid order gives back is exactly what it took', () => {
  fc.assert(
    fc.property(someBasket(), (input) => {
      const { root, leaves, effects } = submitted(input);
      fc.pre(root.payableFen > 0n);
      const { effects: back } = endUnpaid({
        scope: { root, leaves, attempts: [], coupons: [] },
        payments: [],
        action: 'cancel_unpaid',
        reason: 'test',
        byBuyer: true,
        at,
      });
      const total = (changes: readonly { onHandDelta: number; reservedDelta: number }[]) =>
        changes.reduce((sum, change) => sum + change.onHandDelta + change.reservedDelta, 0);
      expect(total(effects.stock) + total(back.stock)).toBe(0);
      expect([...effects.points, ...back.points].reduce((sum, change) => sum + change.frozenDelta, 0)).toBe(
        0,
      );
      expect(back.coupons.map((coupon) => coupon.couponId)).toEqual(
        effects.coupons.map((coupon) => coupon.couponId),
      );
    }),
    { numRuns: 300 },
  );
});

test('FN-1 FN-2 paid and received, deposits are used up and each merchant is owed exactly its settlement base', () => {
  fc.assert(
    fc.property(someBasket(), (input) => {
      const { root, leaves } = submitted(input);
      fc.pre(root.payableFen > 0n);
      const attempt = {
        outTradeNo: 'T',
        provider: 'alipay',
        method: 'alipay_qr',
        amountFen: root.payableFen,
        state: 'open' as const,
      };
      const money = { outTradeNo: 'T', providerTradeNo: 'P', amountFen: root.payableFen, paidAt: at };
      const scope = { root, leaves, attempts: [attempt], coupons: [] };
      const paid = recordPayment({ scope, money, at, contractOf: () => 'C', outOfStock: new Set() });
      const vouchers = [...paid.effects.vouchers];
      for (const leaf of leaves) {
        const toShip: OrderNode = { ...leaf, state: 'awaiting_shipment' };
        expect(ship(toShip, { carrier: 'shunfeng', trackingNo: 'SF1' }, at).verdict.result).toBe('accepted');
        const shipped: OrderNode = { ...leaf, state: 'awaiting_receipt' };
        const received = receive({
          leaf: shipped,
          contract,
          earnRate: 1,
          by: 'buyer',
          operator: 'buyer:B',
          at,
        });
        const base = sumFen(received.effects.settlementLines.map((line) => line.baseFen));
        expect(-balance(received.effects.vouchers, `merchant:${leaf.merchantId}:payable`)).toBe(base);
        vouchers.push(...received.effects.vouchers);
      }
      expect(balance(vouchers, 'deposits')).toBe(0n);
      expect(balance(vouchers, 'channel:alipay')).toBe(root.payableFen);
    }),
    { numRuns: 300 },
  );
});

test('PY-8 FN-2 ST-5 given back in parts before receipt, every fen is with the buyer or with the merchant, never with both', () => {
  const share = fc.record({ part: fc.integer({ min: 1, max: 120 }), shipped: fc.boolean() });
  fc.assert(
    fc.property(someBasket(), fc.array(share, { maxLength: 5 }), (input, shares) => {
      const { root, leaves } = submitted(input);
      fc.pre(root.payableFen > 0n);
      const attempts = [
        {
          outTradeNo: 'T',
          provider: 'alipay',
          method: 'alipay_qr',
          amountFen: root.payableFen,
          state: 'open' as const,
        },
      ];
      const money = { outTradeNo: 'T', providerTradeNo: 'P', amountFen: root.payableFen, paidAt: at };
      const whole = { root, leaves, attempts, coupons: [] };
      const paid = recordPayment({ scope: whole, money, at, contractOf: () => 'C', outOfStock: new Set() });
      const vouchers = [...paid.effects.vouchers];
      const stock = [...paid.effects.stock];
      const given: { amountFen: bigint }[] = [];
      for (const leaf of leaves) {
        let now: OrderNode = Object.assign({}, leaf, { state: 'awaiting_shipment' });
        for (const { part, shipped } of shares) {
          if (shipped && now.state === 'awaiting_shipment')
            now = Object.assign({}, now, { state: 'awaiting_receipt', progress: allShipped(now) });
          const amountFen = (leaf.payableFen * BigInt(part)) / 100n;
          const paidRoot: OrderNode = root.kind === 'parent' ? { ...root, state: 'split' } : now;
          const { verdict, effects } = refund({
            scope: {
              root: paidRoot,
              leaves: leaves.map((one) => (one.orderNo === now.orderNo ? now : one)),
              ...{ attempts, coupons: [] },
            },
            leaf: now,
            payments: [{ outTradeNo: 'T', paidAt: at, receivedFen: root.payableFen, refunds: given }],
            command: { amountFen, reason: 'test' },
            ...{ cause: `refund-${given.length}`, operator: 'test', contract: null },
            at,
          });
          const possible =
            (now.state === 'awaiting_shipment' || now.state === 'awaiting_receipt') &&
            amountFen > 0n &&
            now.givenBackFen + amountFen <= leaf.payableFen;
          expect(verdict.result).toBe(possible ? 'accepted' : 'refused');
          const header = { orderNo: leaf.orderNo, rootNo: leaf.rootNo, operator: 'system', at };
          for (const row of effects.refunds) {
            given.push(row);
            vouchers.push(refundVoucher(header, { ...row, paidFrom: 'channel:alipay' }));
          }
          vouchers.push(...effects.vouchers);
          stock.push(...effects.stock);
          const change = effects.nodes.find((node) => node.orderNo === leaf.orderNo);
          if (change) now = Object.assign({}, now, change.set, { state: change.to });
        }
        if (now.state === 'awaiting_shipment' || now.state === 'awaiting_receipt') {
          const shipped: OrderNode = { ...now, state: 'awaiting_receipt' };
          const { effects } = receive({
            leaf: shipped,
            contract,
            earnRate: 1,
            by: 'buyer',
            operator: 'buyer:B',
            at,
          });
          const base = sumFen(effects.settlementLines.map((line) => line.baseFen));
          expect(-balance(effects.vouchers, `merchant:${leaf.merchantId}:payable`)).toBe(base);
          for (const { baseFen, commissionFen } of effects.settlementLines)
            expect(baseFen >= 0n && commissionFen >= 0n && commissionFen <= baseFen).toBe(true);
          vouchers.push(...effects.vouchers);
        } else {
          expect(now.givenBackFen).toBe(leaf.payableFen);
          const moved = stock.filter(({ orderNo }) => orderNo === leaf.orderNo);
          const onHand = moved.reduce((sum, { onHandDelta }) => sum + onHandDelta, 0);
          const sold = leaf.lines.reduce((sum, { quantity }) => sum + quantity, 0);
          expect(onHand).toBe(now.state === 'cancelled' ? 0 : -sold);
        }
      }
      expect(balance(vouchers, 'deposits')).toBe(0n);
      expect(balance(vouchers, 'channel:alipay')).toBe(
        root.payableFen - sumFen(given.map((row) => row.amountFen)),
      );
    }),
    { numRuns: 300 },
  );
});
