import type { PaymentProvider, TradeStatus } from './port.ts';

/** Closes a trade at its provider, or finds it paid: the money the provider has wins over whatever wanted it closed. */
export async function closeOrFindPaid(
  provider: PaymentProvider,
  outTradeNo: string,
): Promise<{ kind: 'closed' } | { kind: 'paid'; trade: Extract<TradeStatus, { state: 'paid' }> }> {
  const { result } = await provider.close(outTradeNo);
  if (result === 'closed') return { kind: 'closed' };
  const trade = await provider.query(outTradeNo);
  if (trade.state !== 'paid') throw new Error(`${outTradeNo} can be neither closed nor found paid`);
  return { kind: 'paid', trade };
}
