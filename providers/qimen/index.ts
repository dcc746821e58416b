import type { WarehouseAcknowledgement, WarehouseSystem } from '../warehouse/port.ts';
import { cancelOrder, pushOrder, queryOrder } from './delivery-orders.ts';
import { verifyNotice } from './notice.ts';
import { createRouter, type QimenKeys } from './router.ts';
import { formatXml } from './xml.ts';

export type { QimenKeys } from './router.ts';

export interface QimenConfig {
  /** The router that calls are posted to, such as `https://qimen.api.taobao.com/router/qimen/service`. */
  gateway: string;
  /** Who owns the goods, in the warehouse's books. */
  ownerCode: string;
  /** Asked for at every use, so a secret can be rotated while the process runs. */
  keys: () => QimenKeys;
  /** Where orders are placed, in Qimen's codes. */
  sourcePlatform?: string;
  /** How long a call may take before its result counts as unknown. */
  timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 8000;
const DEFAULT_SOURCE_PLATFORM = 'OTHER';

/** A warehouse in Qimen's terms (奇门, v2.0 XML): FU-2, FU-3. A delivery order is known by our number of the shipment. */
export function createQimen(config: QimenConfig): WarehouseSystem {
  const { gateway, ownerCode, keys } = config;
  const { sourcePlatform = DEFAULT_SOURCE_PLATFORM, timeoutMs = DEFAULT_TIMEOUT_MS } = config;
  const router = createRouter({ gateway, keys, timeoutMs });
  const owner = { ownerCode, sourcePlatform };
  return {
    name: 'qimen',
    push: (order) => pushOrder(router, owner, order),
    query: (ref) => queryOrder(router, owner, ref),
    cancel: (ref, reason) => cancelOrder(router, owner, ref, reason),
    verify: (delivery, query) => verifyNotice(keys(), delivery, query),
    acknowledgement: (outcome) => ACKNOWLEDGEMENTS[outcome],
  };
}

function acknowledgement(
  status: WarehouseAcknowledgement['status'],
  code: string,
  message: string,
): WarehouseAcknowledgement {
  const flag = status === 200 ? 'success' : 'failure';
  return {
    status,
    contentType: 'text/xml;charset=utf-8',
    body: formatXml('response', { flag, code, message }),
  };
}

/** A flag of `success` ends the telling, anything else is told again. */
const ACKNOWLEDGEMENTS: Record<Parameters<WarehouseSystem['acknowledgement']>[0], WarehouseAcknowledgement> =
  {
    taken: acknowledgement(200, '0', '接收成功'),
    refused: acknowledgement(401, 'sign-check-failure', 'Illegal request'),
    unknown: acknowledgement(404, 'order-not-exist', '订单不存在'),
    failed: acknowledgement(503, 'system-error', '系统繁忙，请稍后重试'),
  };
