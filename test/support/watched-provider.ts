import type { PaymentProvider } from '../../providers/payments/port.ts';

/** A provider whose calls a test steps into: after it closed a trade, and before it is asked about a refund. */
export function watchProvider(
  provider: PaymentProvider,
  hooks: {
    afterClose: (outTradeNo: string) => Promise<void>;
    beforeRefundQuery: (refundNo: string) => Promise<void>;
  },
): PaymentProvider {
  return {
    ...provider,
    close: async (trade) => {
      const result = await provider.close(trade);
      await hooks.afterClose(trade.outTradeNo);
      return result;
    },
    queryRefund: async (trade, refundNo) => {
      await hooks.beforeRefundQuery(refundNo);
      return await provider.queryRefund(trade, refundNo);
    },
  };
}
