import { sumFen } from '../../domain/money.ts';
import type { CouponChange, Effects, NewRefund, PointsChange } from '../../domain/order/effects.ts';
import type { PaymentScope } from '../../domain/order/node.ts';
import type { RefundablePayment } from '../../domain/order/refund-plan.ts';
import { type Allowance, dayOf } from '../../domain/order/refund-policy.ts';
import { recordPayment } from '../../domain/order/steps/record-payment.ts';
import { AT, CONTRACT } from './leaves.ts';
import { same } from './same.ts';

/** What paid the tree. */
export const PAYMENT = 'T';
/** What one person can give a day. */
const LIMIT_FEN = 20_000n;

/** What the leaves of a tree share beside their rows: payments, refunds, the buyer's coupons and points, what was given. */
export class TreeMoney {
  readonly clock = { at: AT };
  /** How often something happened to the tree as a whole. */
  readonly done = new Map<string, number>();
  protected readonly payments = new Map<string, { paidAt: Date; receivedFen: bigint }>();
  protected readonly refunds: NewRefund[] = [];
  protected readonly coupons: Map<string, CouponChange['to']>;
  protected points = { balance: 0, frozen: 0 };
  readonly #given = new Map<string, bigint>();

  constructor(couponIds: readonly string[]) {
    this.coupons = new Map(couponIds.map((couponId) => [couponId, 'available']));
  }

  protected paymentsOf(paidBy: readonly string[]): RefundablePayment[] {
    return paidBy.flatMap((outTradeNo) => {
      const payment = this.payments.get(outTradeNo);
      const refunds = this.refunds.filter((refund) => refund.outTradeNo === outTradeNo);
      return payment ? [{ outTradeNo, ...payment, refunds }] : [];
    });
  }

  protected pay(scope: PaymentScope, short: string | undefined, outTradeNo = PAYMENT): Effects {
    const at = this.clock.at;
    const amountFen = scope.root.payableFen - scope.root.creditFen;
    const attempt = { outTradeNo, provider: 'alipay', method: 'alipay_qr', amountFen };
    const money = { outTradeNo, providerTradeNo: 'P', amountFen, paidAt: at };
    this.payments.set(outTradeNo, { paidAt: at, receivedFen: amountFen });
    const { verdict, effects } = recordPayment({
      ...{ scope: { ...scope, attempts: [{ ...attempt, state: 'open' }] }, money, at },
      contractOf: () => CONTRACT.contractId,
      outOfStock: new Set(short === undefined ? [] : [short]),
    });
    same(verdict, { result: 'accepted' });
    this.refunds.push(...effects.refunds);
    this.takeBenefits(effects);
    return effects;
  }

  protected count(what: string): void {
    this.done.set(what, (this.done.get(what) ?? 0) + 1);
  }

  /** What somebody can still give today (RF-8). */
  allowanceOf(operator: string): Allowance {
    const { day, renewsAt } = dayOf(this.clock.at);
    const usedFen = this.#given.get(`${operator} ${day}`) ?? 0n;
    return { operator, day, renewsAt, limitFen: LIMIT_FEN, usedFen };
  }

  get receivedFen(): bigint {
    return sumFen([...this.payments.values()].map(({ receivedFen }) => receivedFen));
  }

  protected takeBenefits({ coupons, points }: { coupons: CouponChange[]; points: PointsChange[] }): void {
    for (const { couponId, from, to } of coupons) {
      same([couponId, this.coupons.get(couponId)], [couponId, from]);
      this.coupons.set(couponId, to);
    }
    for (const { balanceDelta, frozenDelta } of points)
      this.points = {
        balance: this.points.balance + balanceDelta,
        frozen: this.points.frozen + frozenDelta,
      };
  }

  get refundedFen(): bigint {
    return sumFen(this.refunds.map(({ amountFen }) => amountFen));
  }

  protected takeGoodwill({ goodwillUsed }: Effects): void {
    for (const { operator, day, amountFen, limitFen } of goodwillUsed) {
      const usedFen = (this.#given.get(`${operator} ${day}`) ?? 0n) + amountFen;
      same(usedFen <= limitFen, true);
      this.#given.set(`${operator} ${day}`, usedFen);
    }
  }
}
