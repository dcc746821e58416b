import type { z } from '@hono/zod-openapi';
import type { paymentSchema } from '../../api/representations/payment.ts';
import type { ShopClient } from '../../cli/shop-client.ts';
import { alipay, type Buyer, stack } from './world.ts';

/** Payments as a buyer's client, Alipay's cashier and Alipay's notifier see them. */

export type Payment = z.infer<typeof paymentSchema>;

/** A trade in the provider's own books. */
export interface Trade {
  status: 'NOT_OPENED' | 'WAIT_BUYER_PAY' | 'TRADE_SUCCESS' | 'TRADE_CLOSED';
  tradeNo: string | null;
  totalFen: number;
  paidFen: number;
  refundedFen: number;
  closedBy: 'timeout' | 'merchant' | null;
  cashierPath: string;
  refunds: { refundNo: string; amountFen: number; status: string }[];
  notifications: {
    notifyId: string;
    kind: string;
    state: string;
    attempts: { status: number | null; body: string; accepted: boolean }[];
  }[];
}

export const openPayment = (
  buyer: ShopClient,
  orderNo: string,
  method = 'alipay_qr',
  more: object = {},
  key?: string,
): Promise<Payment> => buyer.post<Payment>(`/orders/${orderNo}/payments`, { method, ...more }, key);

export const paymentsOf = async (client: ShopClient, orderNo: string): Promise<Payment[]> =>
  (await client.get<{ payments: Payment[] }>(`/orders/${orderNo}/payments`)).payments;

export const tradeOf = (outTradeNo: string): Promise<Trade> =>
  alipay<Trade>(`/trades/${outTradeNo}`, {}, 'GET');

/** The buyer scans the code or follows the link: the trade exists at the provider. Answers the cashier's page. */
export async function openCashier(payment: Payment): Promise<{ url: string; page: string }> {
  const { action } = payment;
  const address = action?.kind === 'qr' ? action.qrCode : action?.kind === 'redirect' ? action.url : null;
  if (!address) throw new Error(`payment ${payment.outTradeNo} has nothing to open`);
  const response = await fetch(address);
  if (!response.ok) throw new Error(`the cashier answered ${response.status}`);
  return { url: response.url, page: await response.text() };
}

/** Presses a button of the cashier; the address the browser is sent to. */
export async function pressInCashier(
  outTradeNo: string,
  button: 'pay' | 'decline',
  reason?: string,
): Promise<string | null> {
  const { cashierPath } = await tradeOf(outTradeNo);
  const response = await fetch(`${stack().sandboxUrl}${cashierPath}/${button}`, {
    method: 'POST',
    body: new URLSearchParams(reason ? { reason } : {}),
    redirect: 'manual',
  });
  return response.headers.get('location');
}

/** Opens an attempt and pays it while the provider keeps silent about it. */
export async function payUnheard(buyer: Buyer, orderNo: string): Promise<string> {
  const { outTradeNo } = await openPayment(buyer, orderNo);
  await alipay('/faults', { dropNotify: true, onlyOutTradeNo: outTradeNo });
  await alipay(`/trades/${outTradeNo}/pay`);
  return outTradeNo;
}

/** A notification signed with the provider's key: a trade's true fields, overridden by `params`. */
export async function signedNotice(
  outTradeNo: string | undefined,
  params: Record<string, string> = {},
  signType: 'RSA' | 'RSA2' = 'RSA2',
): Promise<string> {
  return (
    await alipay<{ body: string }>('/sign', { ...(outTradeNo ? { outTradeNo } : {}), params, signType })
  ).body;
}

/** Posts a body to the callback as Alipay would. */
export async function postNotice(body: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${stack().apiUrl}/v1/callbacks/alipay`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body,
  });
  return { status: response.status, text: await response.text() };
}
