import type { PaymentProvider, TradeRef, TradeStatus } from './port.ts';

/** Closes a trade at its provider, or finds it paid: the money the provider has wins over whatever wanted it closed. */
export async function closeOrFindPaid(
  provider: PaymentProvider,
  trade: TradeRef,
): Promise<{ kind: 'closed' } | { kind: 'paid'; trade: Extract<TradeStatus, { state: 'paid' }> }> {
  const { result } = await provider.close(trade);
  if (result === 'closed') return { kind: 'closed' };
  const status = await provider.query(trade);
  if (status.state !== 'paid') throw new Error(`${trade.outTradeNo} can be neither closed nor found paid`);
  return { kind: 'paid', trade: status };
}
