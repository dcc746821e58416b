import type { Fen } from '../money.ts';
import type { MoneyReceived } from './steps/record-payment.ts';

/** The inbox payload of money received: facts of the provider, nothing personal. */
export interface PaymentPayload {
  outTradeNo: string;
  providerTradeNo: string;
  amountFen: number;
  paidAt: string;
}

export function noticePayload(money: {
  outTradeNo: string;
  providerTradeNo: string;
  amountFen: Fen;
  paidAt: Date;
}): PaymentPayload {
  const { outTradeNo, providerTradeNo, amountFen, paidAt } = money;
  return { outTradeNo, providerTradeNo, amountFen: Number(amountFen), paidAt: paidAt.toISOString() };
}

export function parseNotice(payload: Record<string, unknown>): MoneyReceived {
  const { outTradeNo, providerTradeNo, amountFen, paidAt } = payload as unknown as PaymentPayload;
  return { outTradeNo, providerTradeNo, amountFen: BigInt(amountFen), paidAt: new Date(paidAt) };
}
