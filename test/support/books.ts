import { eq } from 'drizzle-orm';
import type { ShopClient } from '../../cli/shop-client.ts';
import * as t from '../../db/schema/index.ts';
import { type Buyer, database, staff } from './world.ts';

/** What the books say after a test: stock by its movements, money by its vouchers, the process log. */

export interface Voucher {
  voucherNo: string;
  kind: string;
  orderNo: string;
  cause: string;
  operator: string;
  reverses: string | null;
  postings: { debit: string; credit: string; amountFen: number }[];
}

export interface LogRow {
  orderNo: string;
  action: string;
  actor: string;
  fromState: string | null;
  toState: string;
  input: Record<string, unknown>;
  result: Record<string, unknown>;
  at: string;
}

/** A SKU's stock over all warehouses; fails if its movements do not add up to it (IN-7). */
export async function stockOf(skuId: string): Promise<{ onHand: number; reserved: number }> {
  const levels = await database().select().from(t.stockLevels).where(eq(t.stockLevels.skuId, skuId));
  const movements = await database().select().from(t.stockMovements).where(eq(t.stockMovements.skuId, skuId));
  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
  const stock = {
    onHand: sum(levels.map((level) => level.onHand)),
    reserved: sum(levels.map((level) => level.reserved)),
  };
  const moved = {
    onHand: sum(movements.map((m) => m.onHandDelta)),
    reserved: sum(movements.map((m) => m.reservedDelta)),
  };
  if (stock.onHand !== moved.onHand || stock.reserved !== moved.reserved) {
    throw new Error(
      `stock of ${skuId} is ${JSON.stringify(stock)}, its movements add up to ${JSON.stringify(moved)}`,
    );
  }
  return stock;
}

export async function couponStateOf(buyer: Buyer, couponId: string): Promise<string | undefined> {
  const { coupons } = await buyer.get<{ coupons: { couponId: string; state: string }[] }>('/coupons');
  return coupons.find((coupon) => coupon.couponId === couponId)?.state;
}

export const pointsOf = (buyer: Buyer) => buyer.get<{ balance: number; frozen: number }>('/points');

export const logOf = async (client: ShopClient, orderNo: string): Promise<LogRow[]> =>
  (await client.get<{ log: LogRow[] }>(`/orders/${orderNo}/log`)).log;

/** The events of an order that a side was told of, newest first. */
export const noticesOf = async (client: Pick<ShopClient, 'get'>, orderNo: string): Promise<string[]> =>
  (await client.get<{ notices: { orderNo: string; event: string }[] }>('/notices')).notices
    .filter((notice) => notice.orderNo === orderNo)
    .map(({ event }) => event);

export const vouchersOf = async (client: ShopClient, orderNo: string): Promise<Voucher[]> =>
  (await client.get<{ vouchers: Voucher[] }>(`/orders/${orderNo}/vouchers`)).vouchers;

/** What finance reads of a buyer's money, by order number (FN-2). */
export async function moneyOf(
  buyer: Buyer,
): Promise<Record<string, { paidFen: number; refundedFen: number }>> {
  const finance = await staff('finance');
  const { orders } = await finance.get<{
    orders: { orderNo: string; paidFen: number; refundedFen: number }[];
  }>(`/platform/buyers/${buyer.sub}/money`);
  return Object.fromEntries(orders.map(({ orderNo, ...money }) => [orderNo, money]));
}

/** Every account's balance, debits less credits (FN-2). */
export async function balances(): Promise<Record<string, number>> {
  const { accounts } = await (await staff('finance')).get<{
    accounts: { account: string; balanceFen: number }[];
  }>('/platform/accounts');
  return Object.fromEntries(accounts.map(({ account, balanceFen }) => [account, balanceFen]));
}
