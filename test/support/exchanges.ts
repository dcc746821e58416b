import type { AfterSale } from '../../domain/after-sale/case.ts';
import type { ExchangeableItem } from '../../domain/after-sale/open.ts';
import type { Replacement } from '../../domain/order/exchange.ts';
import type { OrderLine, OrderNode } from '../../domain/order/node.ts';
import type { Dice } from './dice.ts';
import { CONTRACT } from './leaves.ts';
import { PLACES, WITH_SYSTEM } from './warehouse-walk.ts';

/** What is wanted for the pieces of a line: the same, something cheaper or something dearer. `number` is a new one. */
export function wantedFor(
  { shopId }: OrderNode,
  { skuId, unitPriceFen }: OrderLine,
  { dice, number }: { dice: Dice; number: number },
): ExchangeableItem {
  const price = dice.one(['same', 'cheaper', 'dearer', 'dearer'] as const) ?? 'same';
  const part = (unitPriceFen * BigInt(dice.below(60))) / 60n;
  const priceFen = { same: unitPriceFen, cheaper: part, dearer: unitPriceFen + part + 1n }[price];
  const wanted = price === 'same' ? skuId : `${skuId}~${number}`;
  return { skuId: wanted, shopId: shopId ?? '', priceFen, onSale: true };
}

/** What the exchange of a case gives, what is wanted in one place each; null where it is none. */
export function replacementFor({ kind, pieces }: AfterSale, number: number): Replacement | null {
  if (kind !== 'exchange') return null;
  const items = pieces.map(({ wantSkuId }, index) => {
    const warehouseId = PLACES[(index + number) % PLACES.length] as string;
    const item = { skuId: wantSkuId ?? '', title: 'test', spec: '', category: 'food' };
    return { ...item, warehouseId, hasSystem: WITH_SYSTEM.includes(warehouseId) };
  });
  const { contractId } = CONTRACT;
  return { orderNo: `E${number}`, items, paymentTimeoutMs: 1_800_000, contractId };
}
