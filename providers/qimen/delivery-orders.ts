import type {
  CancelResult,
  DeliveryOrder,
  DeliveryOrderRef,
  DeliveryOrderStatus,
  PushResult,
} from '../warehouse/port.ts';
import { logisticsCodeOf, stageOf } from './codes.ts';
import { readParcels } from './parcels.ts';
import { failed, type Router, unreadable } from './router.ts';
import { formatBeijing } from './times.ts';
import { elementsAt, textAt, type XmlContent } from './xml.ts';

interface Owner {
  ownerCode: string;
  /** Where the order was placed, in Qimen's codes. */
  sourcePlatform: string;
}

/** A sale; the warehouse has other types for exchanges and reissues. */
const ORDER_TYPE = 'JYCK';
/** The format's limits, in characters. */
const LONGEST_TITLE = 200;
const LONGEST_REMARK = 500;
/** The most lines that a query shows at once; a parcel has fewer. */
const LINES_OF_A_PAGE = 100;

/** Stages of a delivery order that exists and will not leave. */
const NEVER_LEAVES = new Set(['refused', 'cancelled']);

/**
 * `deliveryorder.create` (FU-2). The query decides where the warehouse has the number already, or has taken it without
 * telling its own.
 */
export async function pushOrder(router: Router, owner: Owner, order: DeliveryOrder): Promise<PushResult> {
  const method = 'deliveryorder.create';
  const answer = await router(method, creation(owner, order));
  if (answer.flag === 'success') {
    const warehouseOrderId = textAt(answer.response, 'deliveryOrderId');
    if (warehouseOrderId !== null) return { result: 'accepted', warehouseOrderId };
  } else if (answer.failure === 'busy') {
    throw failed(method, answer.code, answer.message, true);
  } else if (answer.failure !== 'exists') {
    return { result: 'refused', code: answer.code, message: answer.message };
  }
  const books = await queryOrder(router, owner, order);
  if (books.state === 'known' && !NEVER_LEAVES.has(books.stage))
    return { result: 'accepted', warehouseOrderId: books.warehouseOrderId };
  if (answer.flag === 'success') throw unreadable(method, 'taken, and not in the books');
  return { result: 'refused', code: answer.code, message: answer.message };
}

function creation({ ownerCode, sourcePlatform }: Owner, order: DeliveryOrder): XmlContent {
  const { receiver, remark } = order;
  const now = formatBeijing(new Date());
  return {
    deliveryOrder: {
      deliveryOrderCode: order.shipmentNo,
      orderType: ORDER_TYPE,
      warehouseCode: order.warehouseCode,
      sourcePlatformCode: sourcePlatform,
      createTime: now,
      placeOrderTime: formatBeijing(order.placedAt),
      payTime: formatBeijing(order.paidAt),
      operateTime: now,
      shopNick: ownerCode,
      logisticsCode: logisticsCodeOf(order.carrier),
      receiverInfo: {
        name: receiver.name,
        mobile: receiver.phone,
        province: receiver.province,
        city: receiver.city,
        area: receiver.district,
        detailAddress: receiver.street,
      },
      remark: remark === null ? null : first(LONGEST_REMARK, remark),
    },
    orderLines: {
      orderLine: order.lines.map((line) => ({
        orderLineNo: line.lineNo,
        ownerCode,
        itemCode: line.skuId,
        itemName: first(LONGEST_TITLE, line.title),
        planQty: line.quantity,
      })),
    },
  };
}

const first = (count: number, text: string): string => [...text].slice(0, count).join('');

/** `deliveryorder.query`: what the warehouse knows of our number, with every parcel that has left so far. */
export async function queryOrder(
  router: Router,
  { ownerCode }: Pick<Owner, 'ownerCode'>,
  { shipmentNo, warehouseCode }: DeliveryOrderRef,
): Promise<DeliveryOrderStatus> {
  const method = 'deliveryorder.query';
  const answer = await router(method, {
    orderCode: shipmentNo,
    ownerCode,
    warehouseCode,
    page: 1,
    pageSize: LINES_OF_A_PAGE,
  });
  if (answer.flag === 'failure') {
    if (answer.failure === 'unknown') return { state: 'unknown_to_warehouse' };
    throw failed(method, answer.code, answer.message, true);
  }
  const { response } = answer;
  const [order] = elementsAt(response, 'deliveryOrder');
  const warehouseOrderId = order && textAt(order, 'deliveryOrderId');
  if (!order || !warehouseOrderId || textAt(order, 'deliveryOrderCode') !== shipmentNo)
    throw unreadable(method, `tells nothing about ${shipmentNo}`);
  const status = textAt(order, 'status');
  const stage = stageOf(status ?? '');
  if (!stage) throw unreadable(method, `status is ${status}`);
  const parcels = readParcels(response);
  // To ask again would not help: a person has to look at what the warehouse says.
  if (!parcels || (stage === 'handed_over' && parcels.length === 0))
    throw failed(method, 'unreadable_parcels', `packages of ${shipmentNo}`, false);
  return { state: 'known', stage, warehouseOrderId, parcels };
}

/**
 * `order.cancel` (decision 25). What the warehouse says that it does not have or has cancelled before is asked for by
 * query: only its books can say that nothing will leave. Where they contradict it the question stays open.
 */
export async function cancelOrder(
  router: Router,
  { ownerCode }: Pick<Owner, 'ownerCode'>,
  ref: DeliveryOrderRef,
  reason: string,
): Promise<CancelResult> {
  const answer = await router('order.cancel', {
    warehouseCode: ref.warehouseCode,
    ownerCode,
    orderCode: ref.shipmentNo,
    orderType: ORDER_TYPE,
    cancelReason: reason,
  });
  if (answer.flag === 'success') return { result: 'cancelled' };
  const { code, message, failure } = answer;
  if (failure === 'busy') return { result: 'pending' };
  if (failure !== 'unknown' && failure !== 'cancelled') return { result: 'refused', code, message };
  const books = await queryOrder(router, { ownerCode }, ref);
  if (books.state === 'unknown_to_warehouse' || NEVER_LEAVES.has(books.stage)) return { result: 'cancelled' };
  return books.stage === 'handed_over' ? { result: 'refused', code, message } : { result: 'pending' };
}
