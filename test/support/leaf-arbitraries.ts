import fc from 'fast-check';
import type { OrderLine } from '../../domain/order/node.ts';
import { aLine } from './leaves.ts';

/** Few fen on many pieces make remainders, many fen make ordinary prices. */
const fen = fc.oneof(fc.bigInt({ min: 0n, max: 12n }), fc.bigInt({ min: 0n, max: 50_000n }));

/** A line of one to five pieces, priced so that goods − discounts + freight = money + points' money. */
function someLine(lineNo: number, warehouseIds: readonly string[]): fc.Arbitrary<OrderLine> {
  const percent = fc.bigInt({ min: 0n, max: 100n });
  return fc
    .record({
      quantity: fc.integer({ min: 1, max: 5 }),
      unitPriceFen: fen,
      freightFen: fen,
      shop: percent,
      platform: percent,
      byPoints: fc.oneof(fc.constant(0n), percent),
      points: fc.nat(500),
      warehouseId: fc.constantFrom(...warehouseIds),
      inventoryMode: fc.constantFrom('reserve' as const, 'on_payment' as const),
    })
    .map(({ shop, platform, byPoints, points, unitPriceFen, ...rest }) => {
      const goodsFen = unitPriceFen * BigInt(rest.quantity);
      const shopDiscountFen = (goodsFen * shop) / 100n;
      const discountFen = shopDiscountFen + ((goodsFen - shopDiscountFen) * platform) / 100n;
      const toPayFen = goodsFen - discountFen + rest.freightFen;
      const pointsFen = (toPayFen * byPoints) / 100n;
      return aLine(lineNo, {
        ...{ ...rest, unitPriceFen, goodsFen, shopDiscountFen, discountFen, pointsFen },
        points: pointsFen > 0n ? points : 0,
        payableFen: toPayFen - pointsFen,
      });
    });
}

/** One to four lines of a paid leaf, each sold from one of the warehouses. */
export const someLines = (warehouseIds: readonly string[] = ['W1']): fc.Arbitrary<OrderLine[]> =>
  fc
    .integer({ min: 1, max: 4 })
    .chain((count) =>
      fc.tuple(...Array.from({ length: count }, (_, index) => someLine(index + 1, warehouseIds))),
    );
