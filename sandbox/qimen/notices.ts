import { carrierName } from './carriers.ts';
import { type DeliveryOrder, type Handover, type Parcel, packed, parcelsOf } from './order.ts';
import { beijing, type Connection, signedQuery, XML_TYPE } from './wire.ts';
import { type Written, writeXml } from './xml.ts';

/** What a notification tells. The body never changes; the query is signed anew at each attempt. */
export interface NoticeContent {
  method: 'deliveryorder.confirm' | 'orderprocess.report';
  status: string;
  body: string;
}

const OPERATOR = { operatorCode: 'WH01', operatorName: '王仓管' };

/** `deliveryorder.confirm` of one handover. */
export function confirmation(order: DeliveryOrder, handover: Handover): Written {
  return {
    deliveryOrder: {
      deliveryOrderCode: order.shipmentNo,
      deliveryOrderId: order.warehouseOrderId,
      warehouseCode: order.warehouseCode,
      orderType: 'JYCK',
      status: handover.complete ? 'DELIVERED' : 'PARTDELIVERED',
      outBizCode: handover.outBizCode,
      confirmType: handover.complete ? 0 : 1,
      orderConfirmTime: beijing(handover.atMs),
      ...OPERATOR,
      operateTime: beijing(handover.atMs),
    },
    ...shipped(order, handover.parcels),
  };
}

/** `packages` and `orderLines`, for confirmations of some parcels and queries of all. */
export function shipped(order: DeliveryOrder, parcels: readonly Parcel[] = parcelsOf(order)) {
  return {
    packages: {
      package: parcels.map((parcel) => ({
        logisticsCode: parcel.logisticsCode,
        logisticsName: carrierName(parcel.logisticsCode),
        expressCode: parcel.trackingNo,
        weight: (parcel.weightGrams / 1000).toFixed(3),
        items: { item: parcel.lines.map(({ itemCode, quantity }) => ({ itemCode, quantity })) },
      })),
    },
    orderLines: {
      orderLine: order.lines.map((line) => ({
        orderLineNo: line.lineNo,
        ownerCode: line.ownerCode,
        itemCode: line.itemCode,
        itemName: line.itemName,
        planQty: line.quantity,
        actualQty: packed(parcels, line.lineNo),
      })),
    },
  };
}

/** `orderprocess.report` of one step. */
export function report(order: DeliveryOrder, processStatus: string, remark?: string): Written {
  return {
    order: {
      orderCode: order.shipmentNo,
      orderId: order.warehouseOrderId,
      orderType: 'JYCK',
      warehouseCode: order.warehouseCode,
    },
    process: { processStatus, ...OPERATOR, operateTime: beijing(Date.now()), remark },
  };
}

export function confirmationContent(order: DeliveryOrder, handover: Handover): NoticeContent {
  const status = handover.complete ? 'DELIVERED' : 'PARTDELIVERED';
  return {
    method: 'deliveryorder.confirm',
    status,
    body: writeXml('request', confirmation(order, handover)),
  };
}

export function reportContent(order: DeliveryOrder, processStatus: string, remark?: string): NoticeContent {
  return {
    method: 'orderprocess.report',
    status: processStatus,
    body: writeXml('request', report(order, processStatus, remark)),
  };
}

/** One attempt: Qimen signs in the address, so it is another one each time. */
export function sendable(
  { url, content }: { url: string; content: NoticeContent },
  connection: Connection,
  atMs: number,
  forged: boolean,
): { url: string; headers: Record<string, string>; body: string } {
  const { method, body } = content;
  const signed = `${url}?${signedQuery(connection, { method, body, atMs, forged })}`;
  return { url: signed, headers: { 'Content-Type': XML_TYPE }, body };
}
