import { condition, proxyLocalActivities, proxySinks, type Sinks, setHandler } from '@temporalio/workflow';
import * as messages from './messages.ts';

export interface Progress extends Sinks {
  progress: { reached(orderNo: string, step: messages.SkeletonStep): void };
}

const { begin, end } = proxyLocalActivities<typeof messages.nothing>({
  startToCloseTimeout: '3s',
  localRetryThreshold: '5s',
});
const { progress } = proxySinks<Progress>();

/**
 * The engine's own ceiling (C3): the messages and timers of a plain order, two empty local activities and nothing else.
 * It tells the load generator through a sink how far it is, as a verdict in the database does for an order.
 */
export async function skeleton({ orderNo }: { orderNo: string }): Promise<void> {
  let state: 'new' | 'submitted' | messages.SkeletonStep = 'new';
  setHandler(messages.submitted, async () => {
    await condition(() => state !== 'new');
    return orderNo;
  });
  setHandler(messages.paymentReported, () => {
    state = 'paid';
  });
  setHandler(messages.shipmentReported, () => {
    state = 'shipped';
  });
  setHandler(messages.receiptConfirmed, () => {
    state = 'received';
  });
  const reached = (step: messages.SkeletonStep) => () => state === step;

  await begin(orderNo);
  state = 'submitted';
  await condition(reached('paid'), '30 minutes', { summary: 'payment deadline' });
  progress.reached(orderNo, 'paid');
  await condition(reached('shipped'));
  progress.reached(orderNo, 'shipped');
  await condition(reached('received'), '10 days', { summary: 'auto-receipt' });
  await end(orderNo);
  progress.reached(orderNo, 'received');
}
