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
}

export interface BasketShop {
  shopId: string;
  merchantId: string;
  name: string;
  kind: 'self_operated' | 'third_party';
  paymentTimeoutSeconds: number;
  autoReceiptSeconds: number;
  shipWithinSeconds: number;
}

/** A priced basket as a quote stores it: everything submit needs but the buyer's contact. */
export interface PricedBasket {
  addressId: string;
  region: string;
  items: readonly BasketItem[];
  shops: readonly BasketShop[];
  pricing: PricingResult;
}
