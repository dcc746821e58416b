import type { ReviewRules } from '../order/review-rules.ts';
import type { PricingResult } from './types.ts';

/** What the order keeps of an item when it is submitted (SB-4), frozen already in the quote. */
export interface BasketItem {
  skuId: string;
  shopId: string;
  title: string;
  spec: string;
  category: string;
  warehouseId: string;
  inventoryMode: 'reserve' | 'on_payment';
  /** What its category, else its shop, gives to pay (SB-5). */
  paymentTimeoutSeconds: number;
}

export interface BasketShop {
  shopId: string;
  merchantId: string;
  name: string;
  kind: 'self_operated' | 'third_party';
  autoReceiptSeconds: number;
  shipWithinSeconds: number;
  reviewRules: ReviewRules;
}

/** A priced basket as a quote stores it: everything submit needs but the buyer's contact. */
export interface PricedBasket {
  addressId: string;
  region: string;
  items: readonly BasketItem[];
  shops: readonly BasketShop[];
  pricing: PricingResult;
  /** Those of its warehouses that are told what to send; from the others the merchant ships (FU-2). */
  warehousesWithSystem: readonly string[];
  /** No order of the buyer was completed yet (FU-1). */
  isNewBuyer: boolean;
}

/** How long there is to pay a basket: the shortest of its items (decision 12). */
export function paymentTimeoutMs({ items }: Pick<PricedBasket, 'items'>): number {
  return Math.min(...items.map((item) => item.paymentTimeoutSeconds)) * 1000;
}
