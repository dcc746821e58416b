import { z } from 'zod';
import { type CarrierWaybill, type Delivery, PROVIDERS, type ProviderName, type Trade } from './facts.ts';

const PAGE = 1000;

const fen = z.int().transform(BigInt);
const trade = z.object({
  outTradeNo: z.string(),
  totalFen: fen,
  paidFen: fen,
  refundedFen: fen,
  refunds: z.array(z.object({ refundNo: z.string().nullable(), amountFen: fen, done: z.boolean() })),
});
const listing = z.object({ trades: z.array(trade), nextCursor: z.int().nullable() });
const piece = z.object({ lineNo: z.coerce.number().int(), quantity: z.int() });
const parcel = z.object({ logisticsCode: z.string(), trackingNo: z.string(), lines: z.array(piece) });
const delivery = z.object({
  shipmentNo: z.string(),
  warehouseCode: z.string(),
  stage: z.string(),
  parcels: z.array(parcel),
});
const waybill = z
  .object({ orderId: z.string(), trackingNo: z.string(), cancelledAt: z.string().nullable() })
  .transform(({ orderId, trackingNo, cancelledAt }) => ({
    ...{ waybillNo: orderId, trackingNo, cancelled: cancelledAt !== null },
  }));
const waybillListing = z.object({ waybills: z.array(waybill), nextCursor: z.int().nullable() });
const deliveryListing = z.object({ orders: z.array(delivery), nextCursor: z.int().nullable() });
const told = z.object({
  notifications: z.array(
    z.object({
      notifyId: z.string(),
      kind: z.string(),
      attempts: z.array(z.object({ accepted: z.boolean() })),
    }),
  ),
});

/** Every trade of every provider, as the providers themselves have it. Throws if one does not answer in its format. */
export async function readLedgers(sandboxUrl: string): Promise<Trade[]> {
  const ledgers = await Promise.all(
    PROVIDERS.map(async (provider: ProviderName) => {
      const trades = await readPages(sandboxUrl, `${provider}/trades`, listing, (page) => page.trades);
      return trades.map((trade) => ({ provider, ...trade }));
    }),
  );
  return ledgers.flat();
}

/** Every delivery order of every warehouse, as the warehouses themselves have it. Throws as `readLedgers` does. */
export function readDeliveries(sandboxUrl: string): Promise<Delivery[]> {
  return readPages(sandboxUrl, 'qimen/orders', deliveryListing, (page) => page.orders);
}

/** Every waybill of every carrier, as the carriers themselves have it. Throws as `readLedgers` does. */
export function readCarrierWaybills(sandboxUrl: string): Promise<CarrierWaybill[]> {
  return readPages(sandboxUrl, 'kuaidi100/waybills', waybillListing, (page) => page.waybills);
}

async function readPages<Page extends { nextCursor: number | null }, Row>(
  sandboxUrl: string,
  path: string,
  schema: z.ZodType<Page>,
  rowsOf: (page: Page) => Row[],
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let cursor: number | null = 0; cursor !== null; ) {
    const page: Page = await ask(sandboxUrl, `${path}?cursor=${cursor}&limit=${PAGE}`, schema);
    rows.push(...rowsOf(page));
    cursor = page.nextCursor;
  }
  return rows;
}

/** How each provider names the event of a payment: `TRADE_SUCCESS`, `TRANSACTION.SUCCESS`, `payment_intent.succeeded`. */
const PAID = /success|succeeded/i;

/** The notifications of a trade's payment that we answered as taken. */
export async function acceptedNotices(
  sandboxUrl: string,
  { provider, outTradeNo }: Trade,
): Promise<string[]> {
  const { notifications } = await ask(
    sandboxUrl,
    `${provider}/trades/${encodeURIComponent(outTradeNo)}`,
    told,
  );
  return notifications
    .filter(({ kind, attempts }) => PAID.test(kind) && attempts.some(({ accepted }) => accepted))
    .map(({ notifyId, kind }) => `${kind} ${notifyId}`);
}

async function ask<Answer>(sandboxUrl: string, path: string, schema: z.ZodType<Answer>): Promise<Answer> {
  const response = await fetch(`${sandboxUrl}/control/${path}`);
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  const parsed = schema.safeParse(await response.json());
  if (parsed.success) return parsed.data;
  throw new Error(`${path} did not answer as agreed: ${z.prettifyError(parsed.error)}`);
}
