import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as t from '../../db/schema/index.ts';
import { orderWorkflowId, refundWorkflowId } from '../../workflows/order/messages.ts';
import { DAYS, HOURS, Lab, MINUTES } from '../support/lab.ts';
import { alipay, eventually, givenShop, givenSku, newBuyer, submit } from '../support/world.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.open();
});
afterAll(() => lab.close());

/** The refund of money that came after its order was cancelled and its workflow gone, with a fault at the provider. */
async function lateMoney(fault: Record<string, unknown>): Promise<string> {
  const buyer = await newBuyer();
  const orderNo = await submit(buyer, { [await givenSku(await givenShop(), 5)]: 1 });
  const { outTradeNo } = await buyer.post<{ outTradeNo: string }>(`/orders/${orderNo}/payments`, {
    method: 'alipay_qr',
  });
  await buyer.post(`/orders/${orderNo}/cancellations`, { reason: 'changed my mind' });
  await lab.client.workflow.getHandle(orderWorkflowId(orderNo)).result();
  await alipay('/faults', { onlyOutTradeNo: outTradeNo, ...fault });
  await alipay(`/trades/${outTradeNo}/pay`);
  await eventually(
    async () => (await lab.db.select().from(t.inbox).where(eq(t.inbox.orderNo, orderNo))).length > 1,
    'the notification',
  );
  await lab.sweep();
  return `${outTradeNo}R1`;
}

const refundRow = async (refundNo: string) =>
  (await lab.db.select().from(t.refunds).where(eq(t.refunds.refundNo, refundNo)))[0];

/** The pauses between the workflow's questions, from its history. */
async function pausesOf(refundNo: string): Promise<number[]> {
  const { events } = await lab.client.workflow.getHandle(refundWorkflowId(refundNo)).fetchHistory();
  return (events ?? []).flatMap(({ timerStartedEventAttributes: timer }) =>
    timer ? [Number(timer.startToFireTimeout?.seconds) / 60] : [],
  );
}

test('PY-8 a pending refund is asked about again, ever more rarely, and at once when the provider says that it changed', async () => {
  const refundNo = await lateMoney({ stuckRefund: true });
  await eventually(async () => (await pausesOf(refundNo)).length === 1, 'the first pause');
  await lab.skip(HOURS(3));
  await eventually(async () => (await pausesOf(refundNo)).length >= 8, 'more pauses');
  expect((await pausesOf(refundNo)).slice(0, 8)).toEqual([1, 2, 4, 8, 16, 32, 64, 128]);
  expect((await refundRow(refundNo))?.state).toBe('requested');

  // The provider tells that it is done: nobody waits for the timer then.
  await alipay('/faults', undefined, 'DELETE');
  const result = await lab.client.workflow.getHandle(refundWorkflowId(refundNo)).result();
  expect(result).toEqual({ refundNo, state: 'succeeded' });
  expect((await refundRow(refundNo))?.state).toBe('succeeded');
  const vouchers = await lab.db
    .select()
    .from(t.vouchers)
    .where(eq(t.vouchers.orderNo, (await refundRow(refundNo))?.orderNo as string));
  expect(vouchers.map(({ kind }) => kind).filter((kind) => kind.includes('refund'))).toHaveLength(1);
  const asked = lab.refundQueries.get(refundNo) ?? [];
  expect((asked[1] as number) - (asked[0] as number)).toBeGreaterThanOrEqual(MINUTES(1));
});

test('PY-8 a refund without an end in a week goes to finance', async () => {
  const refundNo = await lateMoney({ stuckRefund: true });
  await lab.skip(DAYS(6));
  expect((await refundRow(refundNo))?.state).toBe('requested');
  await lab.skip(DAYS(1.5));
  const result = await lab.client.workflow.getHandle(refundWorkflowId(refundNo)).result();
  expect(result).toEqual({ refundNo, state: 'queued' });
  expect(await refundRow(refundNo)).toMatchObject({ state: 'queued', failure: { code: 'no_end_in_a_week' } });
  expect(Math.max(...(await pausesOf(refundNo)))).toBe(6 * 60);
  const [item] = await lab.db
    .select()
    .from(t.workItems)
    .where(eq(t.workItems.workItemId, `refund-${refundNo}`));
  expect(item).toMatchObject({ ownerRole: 'finance', closedAt: null });
  expect((item?.dueAt.getTime() ?? 0) - (item?.openedAt.getTime() ?? 0)).toBe(DAYS(1));
});

test('PY-8 a refund the provider refuses goes to finance at once', async () => {
  const refundNo = await lateMoney({ failRefund: 'ACQ.SELLER_BALANCE_NOT_ENOUGH' });
  const result = await lab.client.workflow.getHandle(refundWorkflowId(refundNo)).result();
  expect(result).toEqual({ refundNo, state: 'queued' });
  expect(await refundRow(refundNo)).toMatchObject({
    state: 'queued',
    failure: { code: 'ACQ.SELLER_BALANCE_NOT_ENOUGH' },
  });
});
