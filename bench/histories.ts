import type { Client } from '@temporalio/client';
import { orderWorkflowId } from '../workflows/order/messages.ts';
import { type Buyer, SHOPS, skuOf } from './catalogue.ts';
import { closedLoop } from './load.ts';
import type { Shopping } from './shopping.ts';
import { median } from './statistics.ts';

/** The kinds of fault-free orders whose histories are counted (P2). */
export type Kind =
  | 'manual shipping'
  | 'abandoned'
  | 'abandoned, attempt open'
  | 'cancelled'
  | 'cancelled, attempt open'
  | 'joint root, 2 children'
  | 'joint child'
  | 'through the warehouse';

export interface HistoryCount {
  orders: number;
  medianEvents: number;
  maxEvents: number;
  maxTasks: number;
  medianTasks: number;
  /** Events by type of the longest history. */
  longest: Record<string, number>;
}

/** Makes `count` orders of each kind but the first; the numbers by kind, once their workflows have ended. */
export async function otherKinds(
  shopping: Shopping,
  buyers: readonly Buyer[],
  client: Client,
  count: number,
): Promise<Map<Kind, string[]>> {
  const numbers = new Map<Kind, string[]>();
  const add = (kind: Kind, orderNo: string) => numbers.set(kind, [...(numbers.get(kind) ?? []), orderNo]);
  const make = async (
    kind: Kind,
    shops: readonly string[],
    after: (buyer: Buyer, orderNo: string) => Promise<void>,
  ) => {
    await closedLoop(count, 4, async (index) => {
      const buyer = buyers[index % buyers.length] as Buyer;
      const orderNo = await shopping.submit(
        buyer,
        await shopping.quote(
          buyer,
          shops.map((shopId) => skuOf(shopId, index)),
        ),
      );
      add(kind, orderNo);
      await after(buyer, orderNo);
    });
  };
  const open = async (buyer: Buyer, orderNo: string) => void (await shopping.openAttempt(buyer, orderNo));
  const cancel = (buyer: Buyer, orderNo: string) => shopping.cancel(buyer, orderNo);
  await make('abandoned', [SHOPS.hasty], async () => {});
  await make('abandoned, attempt open', [SHOPS.hasty], open);
  await make('cancelled', [SHOPS.plain], cancel);
  await make('cancelled, attempt open', [SHOPS.plain], async (buyer, orderNo) => {
    await open(buyer, orderNo);
    await cancel(buyer, orderNo);
  });
  await make('joint root, 2 children', [SHOPS.plain, SHOPS.other], async (buyer, orderNo) => {
    await shopping.pay(buyer, orderNo);
    const { children } = await shopping.read(buyer, orderNo);
    for (const child of children) {
      add('joint child', child.orderNo);
      await shopping.ship(child.orderNo);
      await shopping.receive(buyer, child.orderNo);
    }
  });
  await make('through the warehouse', [SHOPS.stored], async (buyer, orderNo) => {
    await shopping.pay(buyer, orderNo);
    await shopping.leaveWarehouse(buyer, orderNo);
    await shopping.receive(buyer, orderNo);
  });
  const all = [...numbers.values()].flat();
  await closedLoop(
    all.length,
    16,
    async (index) => void (await client.workflow.getHandle(orderWorkflowId(all[index] as string)).result()),
  );
  return numbers;
}

/** Counts the events of ended orders. A run that goes on counts when it has ended. */
export async function countHistories(client: Client, orderNos: readonly string[]): Promise<HistoryCount> {
  const counts: { events: number; tasks: number; byType: Record<string, number> }[] = [];
  await closedLoop(orderNos.length, 8, async (index) => {
    const handle = client.workflow.getHandle(orderWorkflowId(orderNos[index] as string));
    await handle.result();
    const { events } = await handle.fetchHistory();
    const byType: Record<string, number> = {};
    for (const event of events ?? []) {
      const type = eventType(event);
      byType[type] = (byType[type] ?? 0) + 1;
    }
    counts.push({ events: events?.length ?? 0, tasks: byType['workflowTaskCompleted'] ?? 0, byType });
  });
  const longest = counts.reduce((a, b) => (b.events > a.events ? b : a));
  return {
    orders: counts.length,
    medianEvents: median(counts.map((count) => count.events)),
    maxEvents: longest.events,
    medianTasks: median(counts.map((count) => count.tasks)),
    maxTasks: Math.max(...counts.map((count) => count.tasks)),
    longest: longest.byType,
  };
}

/** The set member of the event's attributes names its type: `workflowTaskCompleted`. */
function eventType(event: object): string {
  const attributes = Object.entries(event).find(([name, value]) => name.endsWith('EventAttributes') && value);
  return attributes?.[0].replace(/EventAttributes$/, '') ?? 'unknown';
}
