import { sleep } from '@temporalio/workflow';
import type { OrderInput, OrderOutcome } from '../../workflows/order/messages.ts';
import { order as real } from '../../workflows/order/order.ts';

export * from '../../workflows/index.ts';

/** What must not be released: it waits where histories say that the first step ran at once. */
export async function order(input: OrderInput): Promise<OrderOutcome> {
  await sleep('1 second');
  return await real(input);
}
