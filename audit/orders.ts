import { type Amounts, type Books, type Finding, type Order } from './facts.ts';
import { balance, grouped, sumOf, yuan } from './sums.ts';

type OrderBooks = Pick<Books, 'orders' | 'lines' | 'refunds' | 'vouchers' | 'reversals'>;

const finding = (subject: string, problem: string): Finding => ({ invariant: 'I2', subject, problem });

/** I2: an order's state agrees with the money it holds, and its amounts with those of its lines and children. */
export function auditOrders(books: OrderBooks): Finding[] {
  return [...heldMoney(books), ...refundVouchers(books), ...sums(books)];
}

/**
 * What is owed to the buyer of an order or to be earned by it is its balance on `deposits`. Between payment and receipt
 * that is all that was paid in money and in points, with the goodwill that the platform put in, less the refunds that are
 * made, the points that were taken back and what went over to a replacement; before it nothing, or what came over by an
 * exchange; after it what refunds under way still have to take.
 */
function heldMoney({ orders, refunds, vouchers, reversals }: OrderBooks): Finding[] {
  const vouchersOf = grouped(vouchers, ({ orderNo }) => orderNo);
  const refundsOf = grouped(
    refunds.filter(({ source }) => source === 'deposits'),
    ({ orderNo }) => orderNo,
  );
  const reversalsOf = grouped(reversals, ({ orderNo }) => orderNo);
  return orders.flatMap((order) => {
    const subject = `order ${order.orderNo}`;
    const ofOrder = refundsOf.of(order.orderNo);
    const givenBack = sumOf(ofOrder, ({ amountFen }) => amountFen);
    const made = sumOf(
      ofOrder.filter(({ state }) => state === 'succeeded'),
      ({ amountFen }) => amountFen,
    );
    const held = -balance(vouchersOf.of(order.orderNo), (account) => account === 'deposits');
    const points = sumOf(reversalsOf.of(order.orderNo), ({ pointsFen }) => pointsFen);
    const owed = isBeingServed(order)
      ? paidFen(order) + order.goodwillFen - made - points - order.movedOutFen
      : givenBack - made + (order.state === 'awaiting_payment' ? cameOver(order) : 0n);
    const borne = balance(vouchersOf.of(order.orderNo), (account) => account === 'goodwill_cost');
    const findings: Finding[] = [];
    if (held !== owed)
      findings.push(
        finding(
          subject,
          `it is ${order.state} and should hold ${yuan(owed)}, its vouchers hold ${yuan(held)}`,
        ),
      );
    if (borne !== order.goodwillFen)
      findings.push(
        finding(
          subject,
          `the platform bears ${yuan(order.goodwillFen)} of it, its vouchers make ${yuan(borne)}`,
        ),
      );
    if (givenBack + order.movedOutFen !== order.givenBackFen)
      findings.push(
        finding(
          subject,
          `it gave back ${yuan(order.givenBackFen)}, its refunds make ${yuan(givenBack)}, its replacements took ${yuan(order.movedOutFen)}`,
        ),
      );
    return findings;
  });
}

/** A parent's money is booked at its children, which have states of their own. */
function isBeingServed({ kind, state }: Order): boolean {
  return kind !== 'parent' && (state === 'awaiting_shipment' || state === 'awaiting_receipt');
}

/** What an exchange brought of a replacement's price, in money and in points. */
const cameOver = ({ isReplacement, creditFen, amounts }: Order): bigint =>
  isReplacement ? creditFen + amounts.pointsFen : 0n;

function paidFen({ amounts, priceCutFen, freightCutFen }: Order): bigint {
  return amounts.payableFen - priceCutFen - freightCutFen + amounts.pointsFen;
}

/** A refund that was made has one voucher, out of the account that its row names and over its sum. */
function refundVouchers({ refunds, vouchers }: OrderBooks): Finding[] {
  const byCause = grouped(
    vouchers.filter(({ kind }) => kind === 'refund'),
    ({ cause }) => cause,
  );
  return refunds.flatMap(({ refundNo, state, amountFen, source }) => {
    const booked = byCause.of(refundNo);
    const wanted = state === 'succeeded' ? amountFen : 0n;
    const taken = balance(booked, (account) => account === source);
    if (taken === wanted && booked.length <= 1) return [];
    return [
      finding(
        `refund ${refundNo}`,
        `it is ${state} over ${yuan(amountFen)}; ${booked.length} vouchers take ${yuan(taken)} from ${source}`,
      ),
    ];
  });
}

type Sums = Amounts & Partial<Pick<Order, 'priceCutFen' | 'freightCutFen'>>;

/** A parent is the sum of its children, with what the seller took off; a leaf is the sum of its lines, without. */
function sums({ orders, lines }: OrderBooks): Finding[] {
  const linesOf = grouped(lines, ({ orderNo }) => orderNo);
  const childrenOf = grouped(orders, ({ parentNo }) => parentNo ?? '');
  const withCuts = ({ amounts, priceCutFen, freightCutFen }: Order) => ({
    ...amounts,
    priceCutFen,
    freightCutFen,
  });
  return orders.flatMap((order) =>
    order.kind === 'parent'
      ? differences(order, withCuts(order), childrenOf.of(order.orderNo).map(withCuts), 'children')
      : differences(
          order,
          order.amounts,
          linesOf.of(order.orderNo).map(({ amounts }) => amounts),
          'lines',
        ),
  );
}

function differences({ orderNo }: Order, whole: Sums, parts: readonly Sums[], named: string): Finding[] {
  return (Object.keys(whole) as (keyof Sums)[]).flatMap((amount) => {
    const total = sumOf(parts, (part) => part[amount] ?? 0n);
    if (total === whole[amount]) return [];
    return [finding(`order ${orderNo}`, `its ${amount} is ${whole[amount]}, its ${named} make ${total}`)];
  });
}
