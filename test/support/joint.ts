import { expect } from 'vitest';
import { type Buyer, givenShop, givenSku, newBuyer, type Order, readOrder, submit } from './world.ts';

/** A basket of two merchants' shops: one parent, a child for each, under the platform's 300 − 30. */
export interface Joint {
  buyer: Buyer;
  orderNo: string;
  /** The child of merchant M1 (self-operated) and of M2 (third-party). */
  first: string;
  second: string;
  skus: [string, string];
}

export async function givenSkus(
  second: Parameters<typeof givenSku>[2] = {},
  stock = 10,
): Promise<[string, string]> {
  const shop1 = await givenShop({ merchantId: 'M1', kind: 'self_operated' });
  const shop2 = await givenShop({ merchantId: 'M2', kind: 'third_party' });
  return [
    await givenSku(shop1, 10, { priceFen: 23_333n }),
    await givenSku(shop2, stock, { priceFen: 8_877n, ...second }),
  ];
}

export async function joined(
  buyer: Buyer,
  skus: [string, string],
  more: Record<string, unknown> = {},
): Promise<Joint> {
  const orderNo = await submit(buyer, { [skus[0]]: 1, [skus[1]]: 3 }, more);
  const { children } = await readOrder(buyer, orderNo);
  const childOf = (skuId: string) =>
    children.find((child) => child.lines.some((line) => line.skuId === skuId))?.orderNo ?? '';
  return { buyer, orderNo, first: childOf(skus[0]), second: childOf(skus[1]), skus };
}

export const givenJoint = async (more: Record<string, unknown> = {}) =>
  joined(await newBuyer(), await givenSkus(), more);

const SUMS = [
  'goodsFen',
  'discountFen',
  'freightFen',
  'points',
  'pointsFen',
  'payableFen',
  'paidFen',
  'refundedFen',
] as const;

/** SP-9: at every node the children sum to the parent and the lines to their node, to the fen. */
export function expectConserved(order: Order): void {
  const total = (of: readonly Record<string, unknown>[], name: string) =>
    of.reduce((sum, part) => sum + Number(part[name]), 0);
  for (const name of SUMS)
    expect([
      name,
      total(
        order.children.map((child) => child.amounts),
        name,
      ),
    ]).toEqual([name, order.amounts[name]]);
  for (const node of [order, ...order.children]) {
    for (const name of ['goodsFen', 'discountFen', 'freightFen', 'pointsFen', 'payableFen'] as const) {
      expect([node.orderNo, name, total(node.lines, name)]).toEqual([node.orderNo, name, node.amounts[name]]);
    }
    const { goodsFen, discountFen, freightFen, pointsFen, payableFen } = node.amounts;
    expect(goodsFen - discountFen + freightFen - pointsFen).toBe(payableFen);
  }
}
