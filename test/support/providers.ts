import { openPayment, type Payment } from './payments.ts';
import { type Buyer, type Order, sandbox, waitFor } from './world.ts';

/** Every payment method with its provider, and that provider's own books and cashier as tests see them. */

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
