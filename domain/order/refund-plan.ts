import { type Fen, minFen } from '../money.ts';

/** A payment of an order with what of it could still go back. */
export interface RefundablePayment {
  outTradeNo: string;
  paidAt: Date;
  receivedFen: Fen;
  /** Every refund of it there ever was, in whatever state. */
  refunds: readonly { amountFen: Fen }[];
}

export interface RefundPart {
  refundNo: string;
  outTradeNo: string;
  amountFen: Fen;
}

/** A refund's stable number: the payment's with the refund's place (PY-8). */
export function refundNoOf(outTradeNo: string, index: number): string {
  return `${outTradeNo}R${index}`;
}

/**
 * How an amount goes back over an order's money payments: the latest first, each up to what is left of it (PY-8,
 * decision 8). Null when they do not hold that much.
 */
export function planRefund(payments: readonly RefundablePayment[], amountFen: Fen): RefundPart[] | null {
  const latestFirst = [...payments].sort(
    (a, b) => b.paidAt.getTime() - a.paidAt.getTime() || (a.outTradeNo < b.outTradeNo ? 1 : -1),
  );
  const parts: RefundPart[] = [];
  let open = amountFen;
  for (const { outTradeNo, receivedFen, refunds } of latestFirst) {
    const left = refunds.reduce((rest, refund) => rest - refund.amountFen, receivedFen);
    const part = minFen(open, left);
    if (part <= 0n) continue;
    parts.push({ refundNo: refundNoOf(outTradeNo, refunds.length + 1), outTradeNo, amountFen: part });
    open -= part;
  }
  return open === 0n ? parts : null;
}
