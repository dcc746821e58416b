import { sql } from 'drizzle-orm';
import { check, integer, pgTable, primaryKey, text, unique } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';

/** Stock of a SKU in a warehouse. The check is what makes overselling impossible (IN-2). */
export const stockLevels = pgTable(
  'stock_levels',
  {
    skuId: text('sku_id').notNull(),
    warehouseId: text('warehouse_id').notNull(),
    onHand: integer('on_hand').notNull(),
    reserved: integer('reserved').notNull().default(0),
  },
  (t) => [
    primaryKey({ columns: [t.skuId, t.warehouseId] }),
    check('stock_levels_reserved', sql`${t.reserved} >= 0`),
    check('stock_levels_available', sql`${t.onHand} >= ${t.reserved}`),
  ],
);

/** Every change of a stock level with its cause (IN-7); append-only. An order moves a SKU once per cause and ref (IN-3). */
export const stockMovements = pgTable(
  'stock_movements',
  {
    id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
    skuId: text('sku_id').notNull(),
    warehouseId: text('warehouse_id').notNull(),
    orderNo: text('order_no'),
    cause: text('cause', {
      enum: ['opening', 'reserve', 'release', 'sell', 'return', 'reassign', 'shortage', 'damaged', 'lost'],
    }).notNull(),
    /** Sets apart the movements of one cause: the step, where an order comes back in parts. */
    ref: text('ref').notNull().default(''),
    onHandDelta: integer('on_hand_delta').notNull(),
    reservedDelta: integer('reserved_delta').notNull(),
    at: instant('at').notNull(),
  },
  (t) => [unique('stock_movements_once').on(t.orderNo, t.skuId, t.warehouseId, t.cause, t.ref)],
);
