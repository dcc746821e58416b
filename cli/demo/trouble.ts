import { ApiProblem } from '../shop-client.ts';
import { type Stage, yuan } from './stage.ts';

/** Unpaid in time (ST-2, IN-3). */
export async function timeout(stage: Stage): Promise<void> {
  stage.story('3. Not paid in time: cancelled, stock released');
  const buyer = await stage.buyer('赵敏');
  const before = await available(stage, 'FLASH-SNACK');
  const orderNo = await stage.submit(
    buyer,
    await stage.quote(buyer, [{ skuId: 'FLASH-SNACK', quantity: 3 }]),
  );
  const unpaid = await stage.read(buyer.client, orderNo);
  stage.check(
    `3 pieces are held, others see ${before - 3}: “${unpaid.prompt.en}”`,
    (await available(stage, 'FLASH-SNACK')) === before - 3,
  );
  const ended = await stage.until(buyer.client, orderNo, (order) => order.state === 'cancelled');
  stage.check(`the deadline passes: “${ended.prompt.zh}”`, ended.endReason === 'payment_timeout');
  stage.check('all pieces can be bought again', (await available(stage, 'FLASH-SNACK')) === before);
}

/** The buyer changes their mind (CN-1). */
export async function cancel(stage: Stage): Promise<void> {
  stage.story('4. Cancelled by the buyer before paying');
  const buyer = await stage.buyer('孙悦');
  const before = await available(stage, 'CUP-WHITE');
  const orderNo = await stage.submit(buyer, await stage.quote(buyer, [{ skuId: 'CUP-WHITE', quantity: 2 }]));
  const payment = await stage.startPayment(buyer, orderNo);
  stage.say('A QR code was shown already, so Alipay’s trade is closed before the order ends.');
  await buyer.client.post(`/orders/${orderNo}/cancellations`, {});
  const ended = await stage.until(buyer.client, orderNo, (order) => order.state === 'cancelled');
  const [attempt] = await stage.payments(buyer.client, orderNo);
  stage.check(`at once, without review: “${ended.prompt.en}”`, ended.state === 'cancelled');
  stage.check(
    'the open attempt is closed and the stock is back',
    attempt?.outTradeNo === payment.outTradeNo &&
      attempt.state === 'closed' &&
      (await available(stage, 'CUP-WHITE')) === before,
  );
}

/** More asked than there is (SB-2). */
export async function shortage(stage: Stage): Promise<void> {
  stage.story('5. Five left, ten asked');
  const buyer = await stage.buyer('周杰');
  const quote = await stage.quote(buyer, [{ skuId: 'PHONE-X', quantity: 10 }]);
  try {
    await stage.submit(buyer, quote);
    stage.check('refused', false);
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    const [short] = error.body['shortages'] as {
      available: number;
      suggestedQuantity: number;
      alternatives: { title: string }[];
    }[];
    stage.say(
      `Refused with “${error.code}”: ${short?.available} left, suggested ${short?.suggestedQuantity}, in stock instead: ${short?.alternatives.map((item) => item.title).join(', ')}.`,
    );
    stage.check(
      'nothing was created',
      error.code === 'insufficient_stock' && short?.suggestedQuantity === 5 && short.alternatives.length > 0,
    );
  }
}

/** Declined in the provider's cashier, then made with another method (PY-4, decision 19). */
export async function declined(stage: Stage): Promise<void> {
  stage.story('6. Declined in Alipay’s cashier, then paid');
  const buyer = await stage.buyer('吴桐');
  const orderNo = await stage.submit(buyer, await stage.quote(buyer, [{ skuId: 'CUP-WHITE', quantity: 1 }]));
  const first = await stage.startPayment(buyer, orderNo);
  const shown = await stage.cashier(first, 'decline', { reason: 'insufficient_balance' });
  stage.say(
    `Alipay shows in its own page: ${(shown['text'] as { zh: string }).zh} (${(shown['text'] as { en: string }).en}).`,
  );
  const still = await stage.read(buyer.client, orderNo);
  stage.check('no failure is invented: the order still awaits payment', still.state === 'awaiting_payment');
  const second = await stage.startPayment(buyer, orderNo, 'alipay_page');
  stage.say('He takes Alipay’s page instead; the first attempt is closed at Alipay before the second opens.');
  await stage.cashier(second, 'pay');
  const paid = await stage.until(buyer.client, orderNo, (order) => order.state === 'awaiting_shipment');
  stage.check(
    `paid with the second attempt: ${yuan(paid.amounts.paidFen)}`,
    paid.amounts.paidFen === paid.amounts.payableFen,
  );
}

/** Money after the end (PY-6). */
export async function lateMoney(stage: Stage): Promise<void> {
  stage.story('8. Money that comes too late is sent back');
  const buyer = await stage.buyer('郑爽');
  const orderNo = await stage.submit(
    buyer,
    await stage.quote(buyer, [{ skuId: 'FLASH-SNACK', quantity: 1 }]),
  );
  const payment = await stage.startPayment(buyer, orderNo);
  await stage.until(buyer.client, orderNo, (order) => order.state === 'cancelled');
  stage.say('The order timed out. Now Alipay books the payment all the same and notifies us.');
  await stage.fault(payment, { payAfterClose: true });
  await stage.cashier(payment, 'pay');
  const refunded = await stage.until(buyer.client, orderNo, (order) =>
    order.refunds.some((refund) => refund.state === 'succeeded'),
  );
  stage.check(
    `refunded through Alipay: “${refunded.prompt.zh}”`,
    refunded.state === 'cancelled' && refunded.amounts.refundedFen === refunded.amounts.paidFen,
  );
}

/** The pieces of it that can be bought now. */
export async function available(stage: Stage, skuId: string): Promise<number> {
  const response = await fetch(`${stage.stack.apiUrl}/v1/items/${skuId}`);
  return ((await response.json()) as { available: number }).available;
}
