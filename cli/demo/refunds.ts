import { paidCup } from './payments.ts';
import { type Buyer, type Payment, type Stage, yuan } from './stage.ts';

/** Two parts and the rest, each by the route the money came (PY-8, RF-6). */
export async function partialRefunds(stage: Stage): Promise<void> {
  stage.story('11. Refunded in two parts, then the rest, through WeChat');
  const buyer = await stage.buyer('蒋欣');
  const service = await stage.staff('13900000011');
  const { order, payment } = await paidCup(stage, buyer, 'wechat_native');
  const { paidFen } = order.amounts;
  stage.say(`She paid ${yuan(paidFen)} with WeChat; customer service gives it back before it is shipped.`);
  const parts = [
    { amountFen: 1_000, reason: '包装破损', refundedFen: 1_000 },
    { amountFen: 500, reason: '赠品缺货', refundedFen: 1_500 },
    // Without an amount it is all that is left.
    { reason: '不再需要', refundedFen: paidFen },
  ];
  for (const { refundedFen, ...ask } of parts) {
    await service.post(`/platform/orders/${order.orderNo}/refunds`, ask);
    const what = ask.amountFen === undefined ? 'All that is left' : yuan(ask.amountFen);
    await checkAgreement(stage, buyer, payment, `${what} for “${ask.reason}”`, refundedFen);
  }
  const ended = await stage.until(buyer.client, order.orderNo, ({ state }) => state === 'cancelled');
  stage.check(`with the last of it the order ends: “${ended.prompt.zh}”`, ended.endReason === 'refunded');
}

interface WorkItem {
  workItemId: string;
  orderNo: string | null;
  reason: string;
  ownerRole: string;
  waysOut: string[];
}

/** A refusal moves no money; it waits for a person (RF-6, PY-8). */
export async function refusedRefund(stage: Stage): Promise<void> {
  stage.story('12. Stripe refuses a refund: a person decides');
  const buyer = await stage.buyer('沈岩');
  const finance = await stage.staff('13900000012');
  const { order, payment } = await paidCup(stage, buyer, 'card');
  await stage.fault(payment, { failRefund: 'insufficient_funds', times: 1 });
  stage.say('The balance at Stripe is empty for the moment; finance asks for a refund of ¥20.00.');
  await finance.post(`/platform/orders/${order.orderNo}/refunds`, { amountFen: 2_000, reason: '降价补偿' });
  const item = await stage.wait('the work item', async () => {
    const { workItems } = await finance.get<{ workItems: WorkItem[] }>('/platform/work-items');
    return workItems.find(({ orderNo }) => orderNo === order.orderNo);
  });
  const waiting = await stage.read(buyer.client, order.orderNo);
  stage.check(
    `a work item for ${item.ownerRole}: ${item.reason}; ways out: ${item.waysOut.join(', ')}`,
    item.ownerRole === 'finance' && item.waysOut.includes('retry'),
  );
  stage.check(
    'no money moved, and none is booked',
    waiting.amounts.refundedFen === 0 && (await stage.trade(payment)).refundedFen === 0,
  );
  await finance.post(`/platform/work-items/${item.workItemId}/decisions`, { decision: 'retry' });
  await checkAgreement(stage, buyer, payment, 'finance tops the balance up and tries again', 2_000);
}

/** Waits until the refunds are done and holds the order's sum against the provider's. */
async function checkAgreement(
  stage: Stage,
  buyer: Buyer,
  payment: Payment,
  what: string,
  wantedFen: number,
): Promise<void> {
  const { amounts } = await stage.until(
    buyer.client,
    payment.orderNo,
    ({ amounts: { refundedFen } }) => refundedFen === wantedFen,
  );
  const { refundedFen } = await stage.trade(payment);
  stage.check(
    `${what}: the order says ${yuan(amounts.refundedFen)} is back, the provider ${yuan(refundedFen)}`,
    refundedFen === amounts.refundedFen,
  );
}
