import { accounts, type Voucher } from '../../domain/ledger/voucher.ts';
import { sumFen } from '../../domain/money.ts';
import type { StockChange } from '../../domain/order/effects.ts';
import type { OrderNode, PaymentScope } from '../../domain/order/node.ts';
import type { PricedBasket } from '../../domain/pricing/basket.ts';
import { priceBasket } from '../../domain/pricing/price.ts';
import type { PricingInput } from '../../domain/pricing/types.ts';
import { same } from './same.ts';
import { PLACES, WITH_SYSTEM } from './warehouse-walk.ts';

/** A replacement that is not paid, with what was written about it and what its money came from (RT-8). */
export interface Waiting {
  row: OrderNode;
  stock: StockChange[];
  vouchers: Voucher[];
  paidBy: readonly string[];
}

/** A basket as the order is made of it: every shop has a merchant, items lie in three places. */
export function priced(input: PricingInput): PricedBasket {
  const shopIds = [...new Set(input.lines.map((line) => line.shopId))];
  return {
    ...{ addressId: 'A', region: input.region, isNewBuyer: false, warehousesWithSystem: WITH_SYSTEM },
    items: input.lines.map(({ skuId, shopId, category, quantity }, index) => ({
      ...{ skuId, shopId, category, title: skuId, spec: '', paymentTimeoutSeconds: 1800 },
      warehouseId: PLACES[(index + quantity) % PLACES.length] as string,
      inventoryMode: index % 2 === 0 ? 'reserve' : 'on_payment',
    })),
    shops: shopIds.map((shopId) => ({
      ...{ shopId, merchantId: `M-${shopId}`, name: shopId, kind: 'self_operated', reviewRules: {} },
      ...{ autoReceiptSeconds: 864_000, shipWithinSeconds: 86_400 },
    })),
    pricing: priceBasket(input),
  };
}

/** What pays for a leaf that is its own payment root. */
export const scopeOf = (root: OrderNode): PaymentScope => ({
  root,
  leaves: [root],
  attempts: [],
  coupons: [],
});

/** What the vouchers leave on an account, debits first. */
export const balanceOf = (vouchers: readonly Voucher[], account: string): bigint =>
  sumFen(
    vouchers
      .flatMap(({ postings }) => postings)
      .map(({ debit, credit, amountFen }) =>
        debit === account ? amountFen : credit === account ? -amountFen : 0n,
      ),
  );

/** Its pieces are reserved, and what came over is kept for it, until it ends. */
export function checkWaiting({ row, stock, vouchers }: Waiting, depositsFen: bigint): void {
  same(-balanceOf(vouchers, accounts.deposits), depositsFen);
  const pieces = row.lines.reduce((sum, { quantity }) => sum + quantity, 0);
  const total = (of: (change: StockChange) => number) => stock.reduce((sum, change) => sum + of(change), 0);
  same(
    [total(({ onHandDelta }) => onHandDelta), total(({ reservedDelta }) => reservedDelta)],
    [0, row.state === 'awaiting_payment' ? pieces : 0],
  );
  if (row.state === 'cancelled') same(row.givenBackFen, row.creditFen);
}

/** Whole points that the pieces of a leaf that were taken back carried (decision 3). */
export function pointsBackOf({ state, lines, progress, points }: OrderNode): number {
  if (state === 'cancelled') return points;
  return lines.reduce(
    (sum, line) => sum + Math.floor((line.points * (progress[line.lineNo]?.reversed ?? 0)) / line.quantity),
    0,
  );
}
