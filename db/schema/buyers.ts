import { index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant, sealed } from './columns.ts';

/** A buyer known by the issuer's `sub`; created at the first request. */
export const buyers = pgTable('buyers', {
  buyerId: text('buyer_id').primaryKey(),
  memberLevel: text('member_level').notNull().default('standard'),
  createdAt: instant('created_at').notNull(),
});

/** The data key of a buyer, wrapped by the master key. Deleting the row erases the person (I7). */
export const buyerKeys = pgTable('buyer_keys', {
  buyerId: text('buyer_id').primaryKey(),
  wrappedKey: sealed('wrapped_key').notNull(),
});

/** Delivery addresses; everything but the province code is sealed. */
export const addresses = pgTable(
  'addresses',
  {
    addressId: text('address_id').primaryKey(),
    buyerId: text('buyer_id').notNull(),
    /** GB/T 2260 two-digit province code: freight and warehouses go by it. */
    region: text('region').notNull(),
    sealedContact: sealed('sealed_contact').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (t) => [index('addresses_buyer').on(t.buyerId)],
);

export const cartItems = pgTable(
  'cart_items',
  {
    buyerId: text('buyer_id').notNull(),
    skuId: text('sku_id').notNull(),
    quantity: integer('quantity').notNull(),
    addedAt: instant('added_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.buyerId, t.skuId] })],
);
