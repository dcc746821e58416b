import { mkdirSync, writeFileSync } from 'node:fs';
import { Client, Connection } from '@temporalio/client';
import { orderWorkflowId, refundWorkflowId } from '../../workflows/order/messages.ts';
import { historyToText } from '../support/history-json.ts';
import { startOwnStack } from '../support/own-stack.ts';
import { openPayment, postNotice, signedNotice } from '../support/payments.ts';
import {
  alipay,
  type Buyer,
  eventually,
  givenShop,
  givenSku,
  newBuyer,
  pay,
  receive,
  ship,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';
import { caseWorkflows } from './case-runs.ts';
import { inTwoWarehouses, warehouseOrders } from './warehouse-runs.ts';

/**
 * Records the histories that `replay.test.ts` replays: `npx tsx test/replay/record.ts [folder]`. It starts a stack of
 * its own, drives orders over HTTP into every state in which a workflow can be found, and writes what the server kept.
 * See the test for when to record and when not; of a further version only the histories that are new are kept.
 */
const folder = new URL(`histories/${process.argv[2] ?? 'v1'}/`, import.meta.url);

const log = (line: string) => process.stdout.write(`${line}\n`);
const stack = await startOwnStack({ env: { SWEEP_INTERVAL_SECONDS: '1' }, log });
try {
  await record();
} finally {
  await stack.stop();
}

async function record(): Promise<void> {
  const client = new Client({ connection: await Connection.connect({ address: stack.temporalAddress }) });
  const buyer = await newBuyer();
  const merchant = await staff('merchant1');
  const skuId = await givenSku(await givenShop(), 100);
  const order = () => submit(buyer, { [skuId]: 1 });
  const paid = async () => {
    const orderNo = await order();
    await pay(buyer, orderNo);
    return orderNo;
  };
  const shipped = async () => {
    const orderNo = await paid();
    await ship(merchant, orderNo);
    return orderNo;
  };
  const cancel = (orderNo: string) =>
    buyer.post(`/orders/${orderNo}/cancellations`, { reason: 'changed my mind' });

  const of: Record<string, string> = {
    'order-awaiting-payment': await order(),
    'order-awaiting-shipment': await paid(),
    'order-awaiting-receipt': await shipped(),
    'order-held': await shipped(),
    'order-extended': await shipped(),
    'order-completed': await shipped(),
    'order-cancelled': await order(),
    'order-cancelled-with-attempt': await order(),
    'order-expired': await quick(buyer),
    'order-expired-with-attempt': await quick(buyer),
    'order-paid-with-wrong-amount': await order(),
    'order-found-paid-at-cancel': await order(),
    'order-price-changed': await order(),
    'order-partly-refunded': await shipped(),
    'order-refunded': await paid(),
  };
  const orderNo = (name: string) => of[name] as string;
  const service = await staff('customerService');
  await service.post(`/platform/orders/${orderNo('order-held')}/holds`, { reason: 'a case' });
  await buyer.post(`/orders/${orderNo('order-extended')}/receipt-extensions`);
  await receive(buyer, orderNo('order-completed'));
  await cancel(orderNo('order-cancelled'));
  const late = await openPayment(buyer, orderNo('order-cancelled-with-attempt'));
  await cancel(orderNo('order-cancelled-with-attempt'));
  await openPayment(buyer, orderNo('order-expired-with-attempt'));
  const wrong = await openPayment(buyer, orderNo('order-paid-with-wrong-amount'));
  await alipay('/faults', { onlyOutTradeNo: wrong.outTradeNo, stuckRefund: true });
  await alipay(`/trades/${wrong.outTradeNo}/pay`, { amountFen: 1 });
  const unheard = await openPayment(buyer, orderNo('order-found-paid-at-cancel'));
  await alipay('/faults', { onlyOutTradeNo: unheard.outTradeNo, dropNotify: true });
  await alipay(`/trades/${unheard.outTradeNo}/pay`);
  await cancel(orderNo('order-found-paid-at-cancel')).catch(() => 'refused: the money wins');

  await merchant.post(`/merchant/orders/${orderNo('order-price-changed')}/price-changes`, {
    priceOffFen: 100,
    reason: 'a gift',
  });
  const refund = (name: string, amountFen?: number) =>
    service.post(`/platform/orders/${orderNo(name)}/refunds`, {
      ...(amountFen && { amountFen }),
      reason: 'goodwill',
    });
  await alipay('/faults', {
    outTradeNoPrefix: orderNo('order-partly-refunded'),
    stuckRefund: true,
    times: 1,
  });
  await refund('order-partly-refunded', 300);
  await refund('order-refunded');

  const other = await givenSku(await givenShop({ merchantId: 'M2' }), 10);
  of['joint-root'] = await submit(buyer, { [skuId]: 1, [other]: 1 });
  await pay(buyer, orderNo('joint-root'));
  const { children } = await waitFor(buyer, orderNo('joint-root'), (node) => node.children.length === 2);
  of['joint-child'] = children[0]?.orderNo as string;

  Object.assign(of, await warehouseOrders());
  const twoWarehouses = await inTwoWarehouses();
  of['order-two-warehouses'] = twoWarehouses.orderNo;

  const workflowIds = Object.fromEntries(Object.entries(of).map(([name, no]) => [name, orderWorkflowId(no)]));
  Object.assign(workflowIds, twoWarehouses.workflowIds, await caseWorkflows());
  // Money for an order that has ended: its code was never scanned, so it could still be paid.
  await alipay(`/trades/${late.outTradeNo}/pay`);
  workflowIds['refund'] = refundWorkflowId(`${late.outTradeNo}R1`);
  workflowIds['refund-pending'] = refundWorkflowId(`${wrong.outTradeNo}R1`);
  // Its provider says that something changed, long before it would be asked again, and it is still pending.
  const { refunds } = await waitFor(
    buyer,
    orderNo('order-partly-refunded'),
    (node) => node.refunds.length === 1,
  );
  const nudged = refunds[0]?.refundNo as string;
  const timersOf = async () => {
    const { events } = await client.workflow.getHandle(refundWorkflowId(nudged)).fetchHistory();
    return (events ?? []).filter((event) => event.timerStartedEventAttributes).length;
  };
  await eventually(async () => (await timersOf()) === 1, 'the refund to wait');
  const change = { refund_fee: '3.00', out_biz_no: nudged, gmt_refund: '2026-11-11 00:00:00' };
  await postNotice(await signedNotice(nudged.replace(/R\d+$/, ''), change));
  await eventually(async () => (await timersOf()) === 2, 'the refund to wait again');
  workflowIds['refund-nudged'] = refundWorkflowId(nudged);
  await client.schedule.getHandle('settlement').trigger();
  for (const type of ['settlement', 'reconcile']) workflowIds[type] = await completedOf(client, type);
  const { outTradeNo } = late;
  await waitFor(buyer, orderNo('order-cancelled-with-attempt'), ({ refunds }) =>
    refunds.some(({ refundNo, state }) => refundNo === `${outTradeNo}R1` && state === 'succeeded'),
  );
  for (const name of ['order-expired', 'order-expired-with-attempt'])
    await waitFor(buyer, orderNo(name), ({ state }) => state === 'cancelled', 60_000);

  mkdirSync(folder, { recursive: true });
  for (const [name, workflowId] of Object.entries(workflowIds)) {
    const history = await settled(client, workflowId);
    // Who recorded it is no part of it.
    const text = historyToText(history).replaceAll(/"identity": "\d+@[^"]*"/g, '"identity": "recorder"');
    writeFileSync(new URL(`${name}.json`, folder), text);
    log(`${name}: ${history.events?.length} events`);
  }
  await client.connection.close();
}

/** An order that ends unpaid after some seconds. */
async function quick(buyer: Buyer): Promise<string> {
  const shopId = await givenShop({ paymentTimeoutSeconds: 10 });
  return await submit(buyer, { [await givenSku(shopId, 5)]: 1 });
}

/** The id of a finished run of that type. */
function completedOf(client: Client, type: string): Promise<string> {
  const query = `WorkflowType = '${type}' AND ExecutionStatus = 'Completed'`;
  return eventually(async () => {
    for await (const { workflowId } of client.workflow.list({ query })) return workflowId;
    return undefined;
  }, `a run of ${type}`);
}

/** The history once no workflow task is under way. */
function settled(client: Client, workflowId: string) {
  return eventually(async () => {
    const history = await client.workflow.getHandle(workflowId).fetchHistory();
    const events = history.events ?? [];
    const last = events.findLastIndex((event) => event.workflowTaskScheduledEventAttributes);
    return events.slice(last).some((event) => event.workflowTaskCompletedEventAttributes) && history;
  }, workflowId);
}
