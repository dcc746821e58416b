import { openPayment, type Payment } from './payments.ts';
import { type Buyer, type Order, sandbox, waitFor } from './world.ts';

/** Every payment method with its provider, and the providers’ own books, cashiers and warehouse as tests see them. */

export type ProviderName = 'alipay' | 'wechatpay' | 'stripe';

export interface Way {
  provider: ProviderName;
  method: string;
  /** What the method needs besides. */
  more: Record<string, string>;
}

export const WAYS: readonly Way[] = [
  { provider: 'alipay', method: 'alipay_qr', more: {} },
  { provider: 'alipay', method: 'alipay_page', more: {} },
  { provider: 'wechatpay', method: 'wechat_native', more: {} },
  { provider: 'wechatpay', method: 'wechat_jsapi', more: { payerId: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' } },
  { provider: 'stripe', method: 'card', more: {} },
];

/** One method of each provider. */
export const PROVIDER_WAYS: readonly Way[] = WAYS.filter(({ method }) =>
  ['alipay_qr', 'wechat_native', 'card'].includes(method),
);

export const wayOf = (method: string): Way => {
  const way = WAYS.find((candidate) => candidate.method === method);
  if (!way) throw new Error(`no payment method ${method}`);
  return way;
};

/** A trade in its provider's own books, in what all of them have. */
export interface ProviderTrade {
  status: string;
  totalFen: number;
  paidFen: number;
  refundedFen: number;
  closedAt: string | null;
  cashierPath: string;
  refunds: { refundNo: string; amountFen: number; done: boolean }[];
  notifications: { state: string; attempts: { status: number | null; accepted: boolean }[] }[];
}

export const tradeAt = (provider: ProviderName, outTradeNo: string): Promise<ProviderTrade> =>
  sandbox<ProviderTrade>(provider, `/trades/${outTradeNo}`, {}, 'GET');

export const faults = (provider: ProviderName, rule: object): Promise<unknown> =>
  sandbox(provider, '/faults', rule);

/** Lifts every fault, sends what was held and completes what was stuck. */
export const liftFaults = (provider: ProviderName): Promise<unknown> =>
  sandbox(provider, '/faults', {}, 'DELETE');

export const open = (buyer: Buyer, orderNo: string, { method, more }: Way): Promise<Payment> =>
  openPayment(buyer, orderNo, method, more);

/** The buyer's hand in the provider's cashier. Answers false where the provider does not take the money any more. */
export async function payAt(
  { provider }: Way,
  outTradeNo: string,
  more: Record<string, unknown> = {},
): Promise<boolean> {
  try {
    await sandbox(provider, `/trades/${outTradeNo}/pay`, more);
    return true;
  } catch (error) {
    if ((error as Error).message.includes(': 409 ')) return false;
    throw error;
  }
}

/** Opens an attempt and pays it; the order once it is paid. */
export async function payBy(
  buyer: Buyer,
  orderNo: string,
  way: Way,
): Promise<{ order: Order; outTradeNo: string }> {
  const { outTradeNo } = await open(buyer, orderNo, way);
  await payAt(way, outTradeNo);
  return { order: await waitFor(buyer, orderNo, (order) => order.paidAt !== null), outTradeNo };
}

export type WarehouseStage =
  | 'accepted'
  | 'picking'
  | 'checked'
  | 'packed'
  | 'weighed'
  | 'handed_over'
  | 'exception'
  | 'refused'
  | 'cancelled'
  | 'closed';

/** A delivery order in the warehouse's own books. */
export interface WarehouseOrder {
  shipmentNo: string;
  warehouseOrderId: string;
  warehouseCode: string;
  stage: WarehouseStage;
  /** Cainiao's code; `OTHER` where the warehouse chooses. */
  logisticsCode: string;
  receiver: {
    name: string;
    mobile: string;
    province: string;
    city: string;
    area: string;
    detailAddress: string;
  };
  remark: string;
  lines: { lineNo: string; itemCode: string; itemName: string; quantity: number }[];
  parcels: {
    logisticsCode: string;
    trackingNo: string;
    weightGrams: number;
    lines: { lineNo: string; itemCode: string; quantity: number }[];
  }[];
  cancelledAt: string | null;
  createdAt: string;
  updatedAt: string;
}

export interface Notification {
  notifyId: string;
  /** Method and status, such as `orderprocess.report PICK`. */
  kind: string;
  state: 'pending' | 'held' | 'dropped' | 'delivered' | 'exhausted';
  nextAt: string | null;
  attempts: { at: string; status: number | null; body: string; accepted: boolean }[];
}

/** What is handed over; what is left out the warehouse chooses. */
export interface HandedOver {
  logisticsCode?: string;
  trackingNo?: string;
  weightGrams?: number;
  lines: { lineNo: number; quantity: number }[];
}

type ToldOrder = WarehouseOrder & { notifications: Notification[] };

const onOrder = (shipmentNo: string, act: string, body: object = {}): Promise<ToldOrder> =>
  sandbox<ToldOrder>('qimen', `/orders/${shipmentNo}/${act}`, body);

/** The warehouse, its staff and its faults; a fault's `onlyOutTradeNo` is the number of the shipment. */
export const qimen = {
  /** All delivery orders, or those changed at or after a time. */
  orders: async (since?: Date): Promise<WarehouseOrder[]> => {
    const found: WarehouseOrder[] = [];
    const query = new URLSearchParams(since && { since: since.toISOString() });
    for (let cursor: number | null = 0; cursor !== null; ) {
      query.set('cursor', String(cursor));
      const page: { orders: WarehouseOrder[]; nextCursor: number | null } = await sandbox(
        'qimen',
        `/orders?${query}`,
        {},
        'GET',
      );
      found.push(...page.orders);
      cursor = page.nextCursor;
    }
    return found;
  },
  /** Fails with 404 where the warehouse has not got it. */
  order: (shipmentNo: string): Promise<ToldOrder> =>
    sandbox<ToldOrder>('qimen', `/orders/${shipmentNo}`, {}, 'GET'),
  /** One stage further, or up to one. */
  advance: (shipmentNo: string, to?: WarehouseStage) => onOrder(shipmentNo, 'advance', { to }),
  /** Hands over these parcels, or one with all that remains. */
  handover: (shipmentNo: string, parcels?: HandedOver[]) => onOrder(shipmentNo, 'handover', { parcels }),
  /** Reports a status in Qimen's words, such as `EXCEPTION`, `REJECT` or `TMSCANCELED`. */
  report: (shipmentNo: string, processStatus: string, remark?: string) =>
    onOrder(shipmentNo, 'report', { processStatus, remark }),
  faults: (rule: object): Promise<unknown> => sandbox('qimen', '/faults', rule),
  /** Lifts every fault, sends what was held and moves on what was stuck. */
  release: (): Promise<unknown> => sandbox('qimen', '/faults', {}, 'DELETE'),
  /** A notification as the warehouse would sign it, to be posted to our callback. */
  sign: (request: {
    method: 'deliveryorder.confirm' | 'orderprocess.report';
    shipmentNo?: string;
    body?: string | object;
    parameters?: Record<string, string>;
    timestamp?: string;
    secret?: string;
    forged?: boolean;
  }): Promise<{ query: string; headers: Record<string, string>; body: string }> =>
    sandbox('qimen', '/sign', request),
  /** The warehouse's new secret from now on. */
  keys: (secret: string): Promise<unknown> => sandbox('qimen', '/keys', { secret }),
  settings: (settings: {
    autoAdvance?: boolean;
    stageMs?: number;
  }): Promise<{ autoAdvance: boolean; stageMs: number }> => sandbox('qimen', '/settings', settings),
  /** Makes a warehouse known, which may be so already. */
  addWarehouse: (code: string): Promise<{ warehouses: string[] }> =>
    sandbox('qimen', '/warehouses', { code }),
};
