import { type Buyer, type Order, type Payment, type Stage, yuan } from './stage.ts';

interface Way {
  method: string;
  /** What the buyer does. */
  act: string;
  /** What the method needs besides. */
  more?: Record<string, string>;
  /** The kind of card that pays. */
  funding?: 'debit' | 'credit';
}

const WAYS: readonly Way[] = [
  { method: 'alipay_qr', act: 'scans a code with Alipay' },
  { method: 'alipay_page', act: 'goes to Alipay’s page' },
  { method: 'wechat_native', act: 'scans a code with WeChat' },
  {
    method: 'wechat_jsapi',
    act: 'pays from a page inside WeChat',
    more: { payerId: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' },
  },
  { method: 'card', act: 'gives a debit card to Stripe’s form', funding: 'debit' },
  { method: 'card', act: 'gives a credit card to Stripe’s form', funding: 'credit' },
];

/** One order by each method; shop and provider book the same (PY-1, PY-2). */
export async function fiveMethods(stage: Stage): Promise<void> {
  stage.story('9. Five ways to pay');
  const buyer = await stage.buyer('冯雪');
  for (const { method, act, more = {}, funding } of WAYS) {
    const orderNo = await submitCup(stage, buyer);
    const opened = await stage.startPayment(buyer, orderNo, method, more);
    await stage.cashier(opened, 'pay', funding && { funding });
    const order = await stage.until(buyer.client, orderNo, ({ state }) => state === 'awaiting_shipment');
    // Stripe tells the kind of card a moment after the money.
    const paid = await stage.wait('the kind of card', async () => {
      const [payment] = await stage.payments(buyer.client, orderNo);
      return payment && (!funding || payment.funding !== null) ? payment : undefined;
    });
    const { tradeNo, paidFen } = await stage.trade(paid);
    stage.check(
      `${method.padEnd(14)}she ${act}: ${yuan(order.amounts.paidFen)}${funding ? ` by ${paid.funding} card` : ''}, trade ${tradeNo}`,
      paid.state === 'succeeded' &&
        paid.funding === (funding ?? null) &&
        paid.providerTradeNo === tradeNo &&
        paidFen === order.amounts.paidFen,
    );
  }
}

/** A card’s decline is told by its provider, in the buyer’s words; another provider takes the money (PY-4, decision 18). */
export async function declinedCard(stage: Stage): Promise<void> {
  stage.story('10. A card declined, then paid with WeChat');
  const buyer = await stage.buyer('何田');
  const orderNo = await submitCup(stage, buyer);
  const card = await stage.startPayment(buyer, orderNo, 'card');
  stage.say('He gives Stripe’s form a card without enough money; the bank refuses, and Stripe tells us why.');
  await stage.cashier(card, 'decline', { reason: 'insufficient_funds' });
  const still = await stage.until(buyer.client, orderNo, ({ prompt }) =>
    /did not go through/.test(prompt.en),
  );
  const [failed] = await stage.payments(buyer.client, orderNo);
  stage.say(`    “${still.prompt.zh}”`);
  stage.say(`    “${still.prompt.en}”`);
  stage.check(
    'the buyer reads the reason, and the order still awaits payment',
    still.state === 'awaiting_payment' && failed?.declines[0]?.code === 'insufficient_balance',
  );
  const wechat = await stage.startPayment(buyer, orderNo, 'wechat_native');
  await stage.cashier(wechat, 'pay');
  const paid = await stage.until(buyer.client, orderNo, ({ state }) => state === 'awaiting_shipment');
  stage.check(
    `he scans WeChat’s code instead: ${yuan(paid.amounts.paidFen)} received, and Stripe’s payment is cancelled`,
    paid.amounts.paidFen === paid.amounts.payableFen && (await stage.trade(card)).closedAt !== null,
  );
}

/** The seller takes something off before it is paid (ST-8). */
export async function lowerPrice(stage: Stage): Promise<void> {
  stage.story('13. The seller lowers the price of an unpaid order');
  const buyer = await stage.buyer('许诺');
  const merchant = await stage.staff('13900000001');
  const orderNo = await submitCup(stage, buyer);
  const first = await stage.startPayment(buyer, orderNo);
  await merchant.post(`/merchant/orders/${orderNo}/price-changes`, {
    priceOffFen: 1_000,
    reason: '老顾客优惠',
  });
  const lowered = await stage.read(buyer.client, orderNo);
  const [closed] = await stage.payments(buyer.client, orderNo);
  stage.check(
    `${yuan(first.amountFen)} becomes ${yuan(lowered.amounts.payableFen)}; the code over the old sum is closed at Alipay`,
    lowered.amounts.payableFen === first.amountFen - 1_000 && closed?.state === 'closed',
  );
  await stage.cashier(await stage.startPayment(buyer, orderNo), 'pay');
  const paid = await stage.until(buyer.client, orderNo, ({ state }) => state === 'awaiting_shipment');
  stage.check('a new code takes the new sum', paid.amounts.paidFen === lowered.amounts.payableFen);
}

/** A paid order of one cup, and its payment. */
export async function paidCup(
  stage: Stage,
  buyer: Buyer,
  method: string,
): Promise<{ order: Order; payment: Payment }> {
  const orderNo = await submitCup(stage, buyer);
  const payment = await stage.startPayment(buyer, orderNo, method);
  await stage.cashier(payment, 'pay');
  const order = await stage.until(buyer.client, orderNo, ({ state }) => state === 'awaiting_shipment');
  return { order, payment };
}

async function submitCup(stage: Stage, buyer: Buyer): Promise<string> {
  return stage.submit(buyer, await stage.quote(buyer, [{ skuId: 'CUP-WHITE', quantity: 1 }]));
}
