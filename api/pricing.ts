import { randomUUID } from 'node:crypto';
import { loadPricingFacts, type PricingFacts } from '../db/queries/catalogue.ts';
import type { PricedBasket } from '../domain/pricing/basket.ts';
import { POINTS_POLICY } from '../domain/pricing/points.ts';
import { priceBasket } from '../domain/pricing/price.ts';
import type { Deps } from './context.ts';
import { Problem } from './errors.ts';

export interface BasketRequest {
  lines: readonly { skuId: string; quantity: number }[];
  addressId: string;
  couponIds: readonly string[];
  points: number;
}

/** Prices a basket from what catalogue, member centre, promotion centre and logistics say now (CK-1). */
export async function priceRequest(
  deps: Deps,
  buyerId: string,
  request: BasketRequest,
): Promise<PricedBasket> {
  const at = deps.now();
  const quantities = mergeLines(request.lines);
  const { addressId, couponIds } = request;
  const facts = await loadPricingFacts(deps.db, {
    buyerId,
    skuIds: [...quantities.keys()],
    couponIds,
    addressId,
    at,
  });
  const region = checkFacts(facts, request, [...quantities.keys()]);
  const shops = new Map(facts.items.map(({ shop }) => [shop.shopId, shop]));
  const templates = new Map(facts.items.map(({ template }) => [template.freightTemplateId, template]));
  const { promotions, coupons, memberPercent, pointsAvailable } = facts;
  const pricing = priceBasket({
    at,
    lines: facts.items.map(({ sku }) => ({
      ...sku,
      unitPriceFen: sku.priceFen,
      quantity: quantities.get(sku.skuId) ?? 0,
    })),
    memberPercent,
    promotions,
    coupons,
    freightTemplates: [...templates.values()],
    region,
    pointsAsked: request.points,
    pointsAvailable,
    pointsPolicy: POINTS_POLICY,
  });
  return {
    addressId,
    region,
    items: facts.items.map((found) => itemOf(found, warehouseOf(facts, found.sku.skuId))),
    shops: [...shops.values()].map((shop) => shopOf(shop)),
    pricing,
    warehousesWithSystem: [
      ...new Set(facts.stock.filter(({ system }) => system !== null).map(({ warehouseId }) => warehouseId)),
    ],
    isNewBuyer: facts.isNewBuyer,
  };
}

export const newQuoteId = (): string => `Q${randomUUID()}`;

/** Two lines of one SKU are one (decision 3). */
export function mergeLines(lines: BasketRequest['lines']): Map<string, number> {
  const quantities = new Map<string, number>();
  for (const { skuId, quantity } of lines) quantities.set(skuId, (quantities.get(skuId) ?? 0) + quantity);
  return quantities;
}

function checkFacts(facts: PricingFacts, request: BasketRequest, skuIds: readonly string[]): string {
  const known = new Set(facts.items.filter(({ sku }) => sku.onSale).map(({ sku }) => sku.skuId));
  const unknown = skuIds.filter((skuId) => !known.has(skuId));
  if (unknown.length > 0)
    throw new Problem('sku_unknown', `Not on sale: ${unknown.join(', ')}. Remove them from the basket.`, {
      skuIds: unknown,
    });
  if (facts.region === null) throw new Problem('address_not_found');
  const foreign = request.couponIds.filter(
    (couponId) => !facts.coupons.some((coupon) => coupon.couponId === couponId),
  );
  if (foreign.length > 0) throw new Problem('coupon_not_found', undefined, { couponIds: foreign });
  const taken = facts.coupons
    .filter((coupon) => coupon.state !== 'available')
    .map((coupon) => coupon.couponId);
  if (taken.length > 0) throw new Problem('coupon_unavailable', undefined, { couponIds: taken });
  const closed = facts.items.filter(({ contractId }) => contractId === null).map(({ shop }) => shop.shopId);
  if (closed.length > 0) throw new Problem('shop_closed', undefined, { shopIds: [...new Set(closed)] });
  return facts.region;
}

/** The warehouse with the most left; what is reserved there is shipped from there (IN-5). */
function warehouseOf(facts: PricingFacts, skuId: string): string {
  return facts.stock.find((level) => level.skuId === skuId)?.warehouseId ?? 'none';
}

function shopOf(shop: PricedBasket['shops'][number]): PricedBasket['shops'][number] {
  const { shopId, merchantId, name, kind, autoReceiptSeconds, shipWithinSeconds, reviewRules } = shop;
  return { shopId, merchantId, name, kind, autoReceiptSeconds, shipWithinSeconds, reviewRules };
}

function itemOf(
  { sku, shop }: PricingFacts['items'][number],
  warehouseId: string,
): PricedBasket['items'][number] {
  const { skuId, shopId, title, spec, category, inventoryMode } = sku;
  const paymentTimeoutSeconds = shop.paymentTimeoutByCategory[category] ?? shop.paymentTimeoutSeconds;
  return { skuId, shopId, title, spec, category, warehouseId, inventoryMode, paymentTimeoutSeconds };
}
