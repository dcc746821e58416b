import type { Voucher } from '../../ledger/voucher.ts';
import { moneyInVoucher, paymentVoucher } from '../../ledger/vouchers.ts';
import type { Fen } from '../../money.ts';
import {
  accept,
  change,
  type Decision,
  type Effects,
  type NewRefund,
  noEffects,
  refuse,
} from '../effects.ts';
import type { OrderNode, PaymentAttempt, PaymentScope } from '../node.ts';
import { refundNoOf } from '../refund-plan.ts';
import { giveCouponBack, givePointsBack, isCouponUndone } from '../undo.ts';
import { hasOpenAttempts } from './end-unpaid.ts';
import { sellStock } from './stock.ts';

/** Money that a provider says came in for one of our attempts. */
export interface MoneyReceived {
  outTradeNo: string;
  providerTradeNo: string;
  amountFen: Fen;
  paidAt: Date;
}

export interface RecordPaymentInput {
  scope: PaymentScope;
  money: MoneyReceived;
  at: Date;
  contractOf: (merchantId: string) => string | null;
  /** Leaves whose stock is gone in the mode that takes it at payment (IN-4). */
  outOfStock: ReadonlySet<string>;
}

/**
 * Money arrived (PY-2, PY-3, PY-6). The first whole payment of an unpaid order pays it; every other money — a second
 * payment, a wrong amount, money after the order ended — is booked and refunded by the original route.
 */
export function recordPayment(input: RecordPaymentInput): Decision {
  const { scope, money } = input;
  const attempt = scope.attempts.find((candidate) => candidate.outTradeNo === money.outTradeNo);
  if (!attempt) return refuse('unknown_payment', scope.root.state);
  if (attempt.state === 'succeeded') return refuse('already_recorded', scope.root.state);
  if (scope.root.state !== 'awaiting_payment') {
    const earlier = scope.attempts.some((candidate) => candidate.state === 'succeeded');
    return giveBack(input, attempt, earlier ? 'paid_twice' : 'paid_after_close');
  }
  // The sum of today: an attempt of before a price change asked for another one (ST-8).
  if (money.amountFen !== toCollect(scope.root).payableFen) return giveBack(input, attempt, 'wrong_amount');
  return pay(input, attempt);
}

function pay(
  { scope, money, at, contractOf, outOfStock }: RecordPaymentInput,
  attempt: PaymentAttempt,
): Decision {
  const { root } = scope;
  const payment = { provider: attempt.provider, outTradeNo: attempt.outTradeNo };
  const effects = paidEffects(
    scope,
    at,
    contractOf,
    (header, leaf) => paymentVoucher(header, toCollect(leaf), payment),
    outOfStock,
  );
  effects.payments.push(succeeded(money));
  const isShort = ({ orderNo }: OrderNode) => outOfStock.has(orderNo);
  for (const couponId of root.couponIds) {
    const change = { couponId, from: 'locked' as const };
    if (isCouponUndone(scope.leaves, couponId, isShort))
      giveCouponBack(effects, scope, change, { buyerAtFault: false, at });
    else effects.coupons.push({ ...change, orderNo: root.orderNo, to: 'used' });
  }
  const short = scope.leaves.filter(isShort);
  effects.refunds.push(...short.flatMap((leaf, index) => refundLeaf(leaf, attempt, index + 1)));
  const others = scope.attempts.filter(({ outTradeNo }) => outTradeNo !== attempt.outTradeNo);
  return { ...accept(effects), attemptsLeft: hasOpenAttempts({ ...scope, attempts: others }) };
}

/** What a payment of a node has to bring: all of it, less what came over from an exchange (RT-8). */
export function toCollect({ payableFen, pointsFen, exchangeOf, creditFen }: OrderNode): {
  payableFen: Fen;
  pointsFen: Fen;
} {
  return exchangeOf === null
    ? { payableFen, pointsFen }
    : { payableFen: payableFen - creditFen, pointsFen: 0n };
}

/**
 * What payment means for the tree, whoever paid: leaves go on to shipment (or are cancelled where stock is gone,
 * decision 15), stock is sold, points are deducted, each leaf gets its voucher.
 */
export function paidEffects(
  { root, leaves }: PaymentScope,
  at: Date,
  contractOf: (merchantId: string) => string | null,
  voucherOf: (
    header: { orderNo: string; rootNo: string; operator: string; at: Date },
    leaf: OrderNode,
  ) => Voucher,
  outOfStock: ReadonlySet<string> = new Set(),
): Effects {
  const effects = noEffects();
  if (root.kind === 'parent') effects.nodes.push(change(root, 'record_payment', 'split', { paidAt: at }));
  // What came over from an exchange was taken there.
  if (root.points > 0 && root.exchangeOf === null) {
    const { orderNo, buyerId, points } = root;
    effects.points.push({ orderNo, buyerId, cause: 'deduct', balanceDelta: -points, frozenDelta: -points });
  }
  effects.notices.push({
    orderNo: root.orderNo,
    event: 'paid',
    recipient: `buyer:${root.buyerId}`,
    params: {},
  });
  for (const leaf of leaves) {
    const header = { orderNo: leaf.orderNo, rootNo: leaf.rootNo, operator: 'system', at };
    const voucher = voucherOf(header, leaf);
    effects.vouchers.push(voucher);
    if (outOfStock.has(leaf.orderNo)) {
      cancelLeafWithoutStock(effects, leaf, at, voucher.voucherNo);
      continue;
    }
    const contractId = contractOf(leaf.merchantId ?? '');
    effects.nodes.push(
      change(leaf, 'record_payment', 'awaiting_shipment', {
        paidAt: at,
        ...(contractId ? { contractId } : {}),
      }),
    );
    effects.stock.push(...sellStock(leaf));
    effects.notices.push({
      orderNo: leaf.orderNo,
      event: 'to_ship',
      recipient: `merchant:${leaf.merchantId}`,
      params: {},
    });
  }
  return effects;
}

/** IN-4: paid, but the stock is gone. The leaf ends, its money and points go back, both sides are told. */
function cancelLeafWithoutStock(effects: Effects, leaf: OrderNode, at: Date, paymentVoucherNo: string): void {
  const { orderNo, buyerId } = leaf;
  effects.nodes.push(
    change(leaf, 'record_payment', 'cancelled', {
      paidAt: at,
      endedAt: at,
      endReason: 'out_of_stock',
      givenBackFen: leaf.payableFen,
    }),
  );
  givePointsBack(effects, leaf, at, paymentVoucherNo);
  effects.notices.push(
    { orderNo, event: 'out_of_stock', recipient: `buyer:${buyerId}`, params: {} },
    { orderNo, event: 'out_of_stock', recipient: `merchant:${leaf.merchantId}`, params: {} },
  );
}

function refundLeaf(leaf: OrderNode, attempt: PaymentAttempt, index: number): NewRefund[] {
  if (leaf.payableFen === 0n) return [];
  const refundNo = refundNoOf(attempt.outTradeNo, index);
  return [
    {
      refundNo,
      outTradeNo: attempt.outTradeNo,
      orderNo: leaf.orderNo,
      amountFen: leaf.payableFen,
      reason: 'out_of_stock',
      source: 'deposits',
    },
  ];
}

/** PY-6: the money is ours to give back; the order stays as it is. */
function giveBack(
  { scope, money, at }: RecordPaymentInput,
  attempt: PaymentAttempt,
  reason: string,
): Decision {
  const { root } = scope;
  const effects = noEffects();
  effects.payments.push(succeeded(money));
  const header = { orderNo: root.orderNo, rootNo: root.rootNo, operator: 'system', at };
  const { provider, outTradeNo } = attempt;
  effects.vouchers.push(
    moneyInVoucher(header, { provider, outTradeNo, receivedFen: money.amountFen, cause: reason }),
  );
  effects.refunds.push({
    refundNo: refundNoOf(outTradeNo, 1),
    outTradeNo,
    orderNo: root.orderNo,
    amountFen: money.amountFen,
    reason,
    source: 'unallocated',
  });
  effects.notices.push({
    orderNo: root.orderNo,
    event: `${reason}:${outTradeNo}`,
    recipient: `buyer:${root.buyerId}`,
    params: { amountFen: Number(money.amountFen) },
  });
  return accept(effects);
}

function succeeded(money: MoneyReceived) {
  const { outTradeNo, providerTradeNo, paidAt, amountFen } = money;
  return { outTradeNo, state: 'succeeded' as const, providerTradeNo, paidAt, receivedFen: amountFen };
}
