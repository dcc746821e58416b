import { z } from 'zod';
import { Refusal } from '../shared/control.ts';
import { LOGISTICS_CODES } from './carriers.ts';
import { fromBeijing } from './wire.ts';
import type { Xml } from './xml.ts';

/** The requests of `deliveryorder.create`, `.query` and `order.cancel`, with the format's limits. */

const text = (longest: number) => z.string().min(1).max(longest);
const time = z.string().refine((value) => !Number.isNaN(fromBeijing(value)), 'yyyy-MM-dd HH:mm:ss');
const count = z
  .string()
  .regex(/^[1-9]\d{0,8}$/)
  .transform(Number);
const saleOrder = z.literal('JYCK', 'the sandbox knows orders of type JYCK');

const address = z.object({
  name: text(50),
  mobile: text(50),
  province: text(50),
  city: text(50),
  area: text(50),
  detailAddress: text(200),
});
export type Address = z.infer<typeof address>;

const line = z
  .object({
    orderLineNo: text(50),
    ownerCode: text(50),
    itemCode: text(50),
    itemName: text(200),
    planQty: count,
  })
  .transform(({ orderLineNo, planQty, ...rest }) => ({ ...rest, lineNo: orderLineNo, quantity: planQty }));
export type Line = z.infer<typeof line>;

const distinct = (lines: readonly Line[]): boolean =>
  new Set(lines.map(({ lineNo }) => lineNo)).size === lines.length;

export const createRequest = z.object({
  deliveryOrder: z.object({
    deliveryOrderCode: text(50),
    orderType: saleOrder,
    warehouseCode: text(50),
    sourcePlatformCode: text(50),
    createTime: time,
    placeOrderTime: time,
    payTime: time.optional(),
    operateTime: time,
    shopNick: text(200),
    logisticsCode: z.enum([...LOGISTICS_CODES, 'OTHER']),
    receiverInfo: address,
    remark: z.string().max(500).default(''),
  }),
  orderLines: z.object({ orderLine: z.array(line).min(1).refine(distinct, 'orderLineNo comes twice') }),
});

const about = { warehouseCode: text(50), ownerCode: text(50), orderCode: text(50) };
export const queryRequest = z.object({ ...about, page: count, pageSize: count.pipe(z.number().max(100)) });
export const cancelRequest = z.object({
  ...about,
  orderType: saleOrder,
  cancelReason: z.string().max(200).optional(),
});

/** Throws a Refusal that names the first wrong field. */
export function parseRequest<Output>(schema: z.ZodType<Output>, xml: Xml): Output {
  const parsed = schema.safeParse(xml);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Refusal('invalid-parameter', `参数错误: ${issue?.path.join('.')} ${issue?.message}`);
}
