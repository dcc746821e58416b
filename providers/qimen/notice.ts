import type { NoticeDelivery } from '../notice-delivery.ts';
import type { VerifiedWarehouseNotice, WarehouseNotice } from '../warehouse/port.ts';
import { reportOf, stageOf } from './codes.ts';
import { readParcels } from './parcels.ts';
import type { QimenKeys } from './router.ts';
import { isSigned } from './sign.ts';
import { parseBeijing } from './times.ts';
import { elementsAt, parseXml, textAt, type XmlElement } from './xml.ts';

/** MD5 with a shared secret can be replayed for ever: a notification is good for ten minutes around its timestamp. */
const FRESH_MS = 10 * 60_000;

/**
 * Verifies a notification over its query and raw body and says what it reports (FU-2, FU-3). The time counts after the
 * signature, which covers it; nothing of the body is read before.
 */
export function verifyNotice(
  { appKey, customerId, secrets }: QimenKeys,
  { rawBody, receivedAt }: NoticeDelivery,
  query: URLSearchParams,
): VerifiedWarehouseNotice {
  if (!isSigned(query, rawBody, secrets)) return { ok: false, reason: 'bad_signature' };
  if (query.get('app_key') !== appKey) return { ok: false, reason: 'wrong_app' };
  if (query.get('customerId') !== customerId) return { ok: false, reason: 'wrong_customer' };
  const sentAt = parseBeijing(query.get('timestamp') ?? '');
  if (!sentAt) return { ok: false, reason: 'malformed' };
  if (Math.abs(receivedAt.getTime() - sentAt.getTime()) > FRESH_MS) return { ok: false, reason: 'stale' };
  const notice = read(query.get('method') ?? '', rawBody);
  return notice ? { ok: true, notice } : { ok: false, reason: 'malformed' };
}

/** Null for a body that is not what its method promises, and for methods that we do not serve. */
function read(method: string, rawBody: string): WarehouseNotice | null {
  const root = rootOf(rawBody);
  if (root?.name !== 'request') return null;
  if (method === 'deliveryorder.confirm') return readConfirmation(method, root);
  if (method === 'orderprocess.report') return readReport(method, root);
  return null;
}

function rootOf(rawBody: string): XmlElement | null {
  try {
    return parseXml(rawBody);
  } catch {
    return null;
  }
}

/** What has left, in all or in part, is known by its parcels. `outBizCode` is the warehouse's number of this event. */
function readConfirmation(method: string, root: XmlElement): WarehouseNotice | null {
  const [order] = elementsAt(root, 'deliveryOrder');
  if (!order) return null;
  const shipmentNo = textAt(order, 'deliveryOrderCode');
  const warehouseCode = textAt(order, 'warehouseCode');
  const outBizCode = textAt(order, 'outBizCode');
  const at = parseBeijing(textAt(order, 'orderConfirmTime') ?? textAt(order, 'operateTime') ?? '');
  if (!shipmentNo || !warehouseCode || !outBizCode || !at) return null;
  const about = { eventKey: `${method}:${shipmentNo}:${outBizCode}`, shipmentNo, warehouseCode };
  const stage = stageOf(textAt(order, 'status') ?? '');
  if (stage === null) return { ...about, kind: 'noted' };
  if (stage !== 'handed_over')
    return {
      ...about,
      kind: 'stage',
      stage,
      at,
      operator: operatorOf(order),
      remark: textAt(order, 'remark'),
    };
  const parcels = readParcels(root);
  if (!parcels || parcels.length === 0) return null;
  return { ...about, kind: 'handed_over', at, parcels };
}

function readReport(method: string, root: XmlElement): WarehouseNotice | null {
  const [order] = elementsAt(root, 'order');
  const [process] = elementsAt(root, 'process');
  if (!order || !process) return null;
  const shipmentNo = textAt(order, 'orderCode');
  const warehouseCode = textAt(order, 'warehouseCode');
  const processStatus = textAt(process, 'processStatus');
  const operateTime = textAt(process, 'operateTime');
  const at = parseBeijing(operateTime ?? '');
  if (!shipmentNo || !warehouseCode || !processStatus || !at) return null;
  const eventKey = `${method}:${shipmentNo}:${processStatus}:${operateTime}`;
  const about = { eventKey, shipmentNo, warehouseCode };
  const report = reportOf(processStatus);
  if (report === 'noted') return { ...about, kind: 'noted' };
  if ('interceptSucceeded' in report)
    return { ...about, kind: 'carrier_intercept', succeeded: report.interceptSucceeded, at };
  const remark = textAt(process, 'remark') ?? textAt(process, 'operateInfo');
  return { ...about, kind: 'stage', stage: report.stage, at, operator: operatorOf(process), remark };
}

const operatorOf = (element: XmlElement): string | null =>
  textAt(element, 'operatorName') ?? textAt(element, 'operatorCode');
