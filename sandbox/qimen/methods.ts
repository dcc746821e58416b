import { Refusal } from '../shared/control.ts';
import type { Books } from './books.ts';
import type { Desk } from './desk.ts';
import type { Operation } from './faults.ts';
import { shipped } from './notices.ts';
import { type DeliveryOrder, statusOf } from './order.ts';
import { cancelRequest, createRequest, parseRequest, queryRequest } from './requests.ts';
import { beijing } from './wire.ts';
import type { Written, Xml } from './xml.ts';

export interface MethodContext {
  books: Books;
  desk: Desk;
  /** The owners that the system knows. */
  owners: readonly string[];
}

interface Call {
  operation: Operation;
  /** The number that the request names, where it can be read: faults are bound to it. */
  shipmentNo: (request: Xml) => string;
  /** What is answered beside flag, code and message. Throws a Refusal. */
  perform: (context: MethodContext, request: Xml) => Promise<{ [name: string]: Written }>;
}

/** The calls that the router takes, by their method. */
export const CALLS = new Map<string, Call>([
  [
    'deliveryorder.create',
    { operation: 'create', shipmentNo: numberAt('deliveryOrder', 'deliveryOrderCode'), perform: create },
  ],
  ['deliveryorder.query', { operation: 'query', shipmentNo: numberAt('orderCode'), perform: query }],
  ['order.cancel', { operation: 'cancel', shipmentNo: numberAt('orderCode'), perform: cancel }],
]);

function numberAt(...path: string[]): (request: Xml) => string {
  return (request) => {
    const found = path.reduce<Xml | Xml[] | undefined>(
      (at, name) => (typeof at === 'object' && !Array.isArray(at) ? at[name] : undefined),
      request,
    );
    return typeof found === 'string' ? found : '';
  };
}

async function create(context: MethodContext, request: Xml): Promise<{ [name: string]: Written }> {
  const { deliveryOrder, orderLines } = parseRequest(createRequest, request);
  const [ownerCode = '', ...others] = new Set(orderLines.orderLine.map((line) => line.ownerCode));
  if (others.length > 0) throw new Refusal('invalid-parameter', '参数错误: one owner per delivery order');
  insistOnKnown(context, { ...deliveryOrder, ownerCode });
  const order = await context.desk.create({
    shipmentNo: deliveryOrder.deliveryOrderCode,
    warehouseCode: deliveryOrder.warehouseCode,
    ownerCode,
    logisticsCode: deliveryOrder.logisticsCode,
    receiver: deliveryOrder.receiverInfo,
    lines: orderLines.orderLine,
    remark: deliveryOrder.remark,
  });
  return {
    createTime: beijing(order.createdMs),
    deliveryOrderId: order.warehouseOrderId,
    warehouseCode: order.warehouseCode,
    logisticsCode: order.logisticsCode,
  };
}

async function query(context: MethodContext, request: Xml): Promise<{ [name: string]: Written }> {
  const order = existing(context, parseRequest(queryRequest, request));
  const last = order.handovers.at(-1);
  return {
    totalLines: order.lines.length,
    deliveryOrder: {
      deliveryOrderCode: order.shipmentNo,
      deliveryOrderId: order.warehouseOrderId,
      warehouseCode: order.warehouseCode,
      orderType: 'JYCK',
      status: statusOf(order),
      orderConfirmTime: last && beijing(last.atMs),
      operateTime: beijing(order.updatedMs),
    },
    ...shipped(order),
  };
}

async function cancel(context: MethodContext, request: Xml): Promise<{ [name: string]: Written }> {
  await context.desk.cancel(existing(context, parseRequest(cancelRequest, request)));
  return {};
}

function existing(
  context: MethodContext,
  about: { orderCode: string; ownerCode: string; warehouseCode: string },
): DeliveryOrder {
  insistOnKnown(context, about);
  const order = context.books.find(about.orderCode);
  if (order?.ownerCode !== about.ownerCode || order.warehouseCode !== about.warehouseCode)
    throw new Refusal('order-not-exist', '订单不存在');
  return order;
}

function insistOnKnown(
  { owners, books }: MethodContext,
  { ownerCode, warehouseCode }: { ownerCode: string; warehouseCode: string },
): void {
  if (!owners.includes(ownerCode)) throw new Refusal('owner-not-exist', '货主不存在');
  if (!books.warehouses.has(warehouseCode)) throw new Refusal('warehouse-not-exist', '仓库不存在');
}
