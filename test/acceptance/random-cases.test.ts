import { randomInt, randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { audit } from '../../audit/audit.ts';
import { ApiProblem, type ShopClient } from '../../cli/shop-client.ts';
import type { Stack } from '../../cli/stack/index.ts';
import * as t from '../../db/schema/index.ts';
import { type Case, readCase } from '../support/cases.ts';
import { type Drawer, drawer } from '../support/drawer.ts';
import { benefitsOf, givenFreight } from '../support/given.ts';
import { INVARIANTS } from '../support/invariants.ts';
import { startOwnStack } from '../support/own-stack.ts';
import { faults, liftFaults, open, PROVIDER_WAYS, payAt, qimen, type Way } from '../support/providers.ts';
import { givenSkuIn, givenWarehouse } from '../support/warehouses.ts';
import {
  type Buyer,
  database,
  eventually,
  givenCoupon,
  givenPoints,
  givenShop,
  givenSku,
  newBuyer,
  newTrackingNo,
  type Order,
  readOrder,
  sandbox,
  staff,
  submit,
} from '../support/world.ts';

/**
 * Trees of one and two shops with coupons, points and freight, after their payment: buyers, merchants, arbiters, finance,
 * warehouses and carriers act in an order drawn by chance, some of them twice; callbacks come late, twice and shuffled;
 * our worker is killed once. The seed is printed; SCHEDULE_SEED draws the same schedule again, CASE_TREES says how many
 * trees there are. At the end everything is over, the auditor compares books with books, and what all went back at its
 * merchant's fault was refunded to the fen.
 */

const TREES = Number(process.env['CASE_TREES'] ?? 40);
const AT_ONCE = 10;
const ACTS_PER_LEAF = 10;
const SEED = Number(process.env['SCHEDULE_SEED'] ?? randomInt(2 ** 31));
const POINTS = 300;
const FREIGHT = { default: { firstUnits: 1, firstFen: 601n, additionalUnits: 1, additionalFen: 199n } };

let stack: Stack;
beforeAll(async () => {
  stack = await startOwnStack({
    env: {
      SWEEP_INTERVAL_SECONDS: '2',
      PARCEL_WATCH_INTERVAL_SECONDS: '1',
      SETTLEMENT_INTERVAL_SECONDS: '2',
      // A warehouse that was not heard of for 6 s is asked; the parcels' own alarms are far away.
      SANDBOX_CLOCK_MULTIPLIER: '60',
    },
  });
  await qimen.settings({ autoAdvance: true, stageMs: 12_000 });
  await sandbox('kuaidi100', '/settings', { autoAdvance: false });
  await database()
    .insert(t.contracts)
    .values({
      ...{ contractId: `C-${randomUUID().slice(0, 8)}`, merchantId: 'M1', validTo: null },
      ...{ validFrom: new Date(Date.now() - 60_000), settleAfterSeconds: 1 },
      commissionBps: { default: 437 },
    });
}, 300_000);
afterAll(() => stack.stop());

const PAYMENT_FAULTS = [{}, {}, { duplicateNotify: 3 }, { delayNotifyMs: 700, duplicateNotify: 2 }] as const;
const WAREHOUSE_FAULTS = [
  {},
  {},
  { duplicateNotify: 3 },
  { delayNotifyMs: 900, duplicateNotify: 2 },
] as const;
const TRACK_FAULTS = [{}, { duplicateNotify: 2 }, { outOfOrder: true }, { delayNotifyMs: 600 }] as const;
const FAULTLESS_REASONS = ['no_reason', 'wrong_size'];
const MERCHANTS_FAULT = ['not_received', 'damaged', 'defective', 'not_as_described', 'wrong_item'];

interface Plan {
  seed: number;
  /** Places in the catalogue, and how many pieces. */
  lines: { item: number; quantity: number }[];
  way: Way;
  withBenefits: boolean;
  isMerchantsFault: boolean;
  isAllBack: boolean;
}

function plansOf(seed: number, items: number): Plan[] {
  const { draw, pick, whole } = drawer(seed);
  return Array.from({ length: TREES }, () => {
    const chosen = new Set(Array.from({ length: whole(1, 3) }, () => whole(0, items - 1)));
    return {
      seed: whole(0, 2 ** 30),
      lines: [...chosen].map((item) => ({ item, quantity: whole(1, 3) })),
      way: pick(PROVIDER_WAYS),
      withBenefits: draw() < 0.7,
      isMerchantsFault: draw() < 0.6,
      isAllBack: draw() < 0.6,
    };
  });
}

/** Two shops whose freight costs something; the third item of each lies in a warehouse with a system. */
async function givenCatalogue(): Promise<{ skuIds: string[]; shops: string[] }> {
  const [warehouseId, shops] = [await givenWarehouse(), [await givenShop(), await givenShop()]];
  const skuIds: string[] = [];
  for (const shopId of shops) {
    const freightTemplateId = await givenFreight(shopId, { rates: FREIGHT });
    for (const priceFen of [3_333n, 9_999n])
      skuIds.push(await givenSku(shopId, 1_000, { priceFen, freightTemplateId }));
    const inWarehouse = { [warehouseId]: 1_000 };
    skuIds.push(await givenSkuIn(shopId, inWarehouse, { priceFen: 5_001n, freightTemplateId }));
  }
  return { skuIds, shops };
}

interface Leaf {
  buyer: Buyer;
  orderNo: string;
  plan: Plan;
  chance: Drawer;
  /** What its shop sells: one of it is at times wanted instead. */
  offers: readonly string[];
}

/** What somebody tries; a refusal is an answer like any other, and so is an API that does not answer. */
async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ApiProblem || error instanceof TypeError) return undefined;
    // The sandbox refuses with 404 and 409 what comes too early or too late.
    if (/: (404|409) /.test((error as Error).message)) return undefined;
    throw error;
  }
}

/** Sends once, or twice at once under the same key. */
async function send({ chance }: Leaf, client: ShopClient, path: string, body: object): Promise<unknown> {
  const [key, isTwice] = [randomUUID(), chance.draw() < 0.3];
  const once = () => attempt(() => client.post(path, body, key));
  const [answer] = await Promise.all(isTwice ? [once(), once()] : [once()]);
  return answer;
}

type Side = 'buyer' | 'merchant' | 'platform';

const clientOf = (side: Side, { buyer }: Leaf): ShopClient | Promise<ShopClient> =>
  side === 'buyer' ? buyer : staff(side === 'merchant' ? 'merchant1' : 'customerService');

async function openCasesOf({ buyer, orderNo }: Leaf): Promise<Case[]> {
  const { cases } = await buyer.get<{ cases: Case[] }>('/after-sales?limit=100');
  return cases.filter((one) => one.orderNo === orderNo && one.endedAt === null);
}

/** What a side says when it does something about a case. */
function bodyOf(action: string, { lines }: Case, { pick, whole, draw }: Drawer): object {
  switch (action) {
    case 'agree':
      return { do: action, returnTo: '杭州市余杭区文一西路 1 号 售后组' };
    case 'offer':
      return { do: action, amountFen: whole(1, 4_000) };
    case 'send_back':
      return { do: action, carrier: 'shunfeng', trackingNo: newTrackingNo() };
    case 'pass': {
      const dispositions = lines.map(({ lineNo, quantity }) => {
        const sellable = whole(0, quantity);
        const damaged = whole(0, quantity - sellable);
        return { lineNo, sellable, damaged, lost: quantity - sellable - damaged };
      });
      return { do: action, dispositions };
    }
    case 'decide': {
      const outcome = pick(['refund', 'refund', 'return', 'dismiss']);
      const part = outcome === 'refund' && draw() < 0.3 ? { amountFen: whole(1, 3_000) } : {};
      return { outcome, words: '证据充分', ...part };
    }
    case 'withdraw':
    case 'accept_offer':
    case 'reject_offer':
      return { do: action };
    default:
      return { do: action, words: '与描述不符' };
  }
}

async function doAbout(leaf: Leaf, side: Side, theCase: Case, action: string, body?: object): Promise<void> {
  const { caseNo } = theCase;
  const path = { buyer: '', merchant: '/merchant', platform: '/platform' }[side];
  const what = side === 'platform' ? 'decisions' : 'actions';
  const client = await clientOf(side, leaf);
  await send(
    leaf,
    client,
    `${path}/after-sales/${caseNo}/${what}`,
    body ?? bodyOf(action, theCase, leaf.chance),
  );
}

/** A side does one of the things that it is offered about a case. */
async function act(leaf: Leaf, side: Side): Promise<void> {
  const cases = await openCasesOf(leaf);
  if (cases.length === 0) return;
  const { caseNo } = leaf.chance.pick(cases);
  const seen = await readCase(await clientOf(side, leaf), caseNo);
  if (seen.actions.length > 0) await doAbout(leaf, side, seen, leaf.chance.pick(seen.actions));
}

async function apply(leaf: Leaf): Promise<void> {
  const { pick, whole } = leaf.chance;
  const { lines } = await readOrder(leaf.buyer, leaf.orderNo);
  const { lineNo, quantity } = pick(lines);
  const reasons = leaf.plan.isMerchantsFault ? MERCHANTS_FAULT : [...FAULTLESS_REASONS, ...MERCHANTS_FAULT];
  const kind = pick(['refund_only', 'return_refund', 'return_refund', 'exchange', 'exchange']);
  const piece = { lineNo, quantity: whole(1, quantity) };
  const body = {
    ...{ kind, reason: pick(reasons), words: '有问题' },
    lines: [kind === 'exchange' ? { ...piece, wantSkuId: pick(leaf.offers) } : piece],
  };
  await send(leaf, leaf.buyer, `/orders/${leaf.orderNo}/after-sales`, body);
}

/** The carrier's word about one of the leaf's parcels, once it knows the parcel. */
async function carrierSays(leaf: Leaf, states: readonly string[]): Promise<void> {
  const { shipments } = await readOrder(leaf.buyer, leaf.orderNo);
  const parcels = shipments.filter((one) => one.stage === 'handed_over' && one.carrier !== null);
  if (parcels.length === 0) return;
  const parcel = leaf.chance.pick(parcels);
  const fault = leaf.chance.pick(TRACK_FAULTS);
  if (Object.keys(fault).length > 0)
    await sandbox('kuaidi100', '/faults', { ...fault, onlyOutTradeNo: parcel.trackingNo });
  for (const state of states)
    await attempt(() =>
      sandbox('kuaidi100', `/parcels/${parcel.carrier}/${parcel.trackingNo}/events`, { state }),
    );
}

/** Its buyer keeps what could not be cancelled any more, or wants it to come back (CN-6). */
async function choose(leaf: Leaf): Promise<void> {
  const { cancellations } = await readOrder(leaf.buyer, leaf.orderNo);
  const refused = cancellations.find(({ state, choice }) => state === 'refused' && choice === null);
  if (!refused) return;
  const isKept = leaf.plan.isMerchantsFault || leaf.chance.draw() < 0.3;
  const body = { cancellationNo: refused.cancellationNo, choice: isKept ? 'keep' : 'return' };
  await send(leaf, leaf.buyer, `/orders/${leaf.orderNo}/cancellation-choices`, body);
}

/** Money that nobody is obliged to give (RF-8). */
async function give(leaf: Leaf): Promise<void> {
  const { pick, whole } = leaf.chance;
  const [side, name] = pick([
    ['merchant', 'merchant1'],
    ['platform', 'customerService'],
  ] as const);
  const body = {
    kind: pick(['goodwill', 'freight']),
    amountFen: whole(1, 900),
    reason: 'packaging',
    words: '致歉',
  };
  await send(leaf, await staff(name), `/${side}/orders/${leaf.orderNo}/goodwill`, body);
}

async function receive(leaf: Leaf): Promise<void> {
  const path = `/orders/${leaf.orderNo}/receipt`;
  const asked = await attempt(() => leaf.buyer.post<{ confirmation: string }>(path, {}));
  if (asked) await send(leaf, leaf.buyer, path, { confirmation: asked.confirmation });
}

/** What can happen to a leaf that is on its way or was received; what is added here is drawn like the rest. */
const ACTS: readonly { often: number; act: (leaf: Leaf) => Promise<unknown> }[] = [
  { often: 4, act: apply },
  { often: 3, act: (leaf) => act(leaf, 'buyer') },
  { often: 5, act: (leaf) => act(leaf, 'merchant') },
  { often: 2, act: (leaf) => act(leaf, 'platform') },
  { often: 1, act: receive },
  { often: 1, act: choose },
  { often: 1, act: give },
  { often: 1, act: (leaf) => carrierSays(leaf, ['collected', 'delivering', 'signed']) },
  {
    often: 1,
    act: async (leaf) => {
      if (!leaf.plan.isMerchantsFault) await carrierSays(leaf, ['collected', 'refused']);
    },
  },
  {
    often: 1,
    act: async (leaf) => {
      const body = { amountFen: leaf.chance.whole(1, 2_000), reason: '价格保护' };
      await send(leaf, await staff('finance'), `/platform/orders/${leaf.orderNo}/refunds`, body);
    },
  },
];
const DRAWN = ACTS.flatMap(({ often, act: one }) => Array<(typeof ACTS)[number]['act']>(often).fill(one));

/** Before it has left: its merchant ships parts by hand, its buyer cancels pieces, its merchant has a shortage. */
async function begin(leaf: Leaf): Promise<void> {
  const { draw, pick } = leaf.chance;
  const merchant = await staff('merchant1');
  const { lines } = await readOrder(leaf.buyer, leaf.orderNo);
  const piece = { lines: [{ lineNo: pick(lines).lineNo, quantity: 1 }] };
  const parcel = { carrier: 'shunfeng', trackingNo: newTrackingNo() };
  if (draw() < 0.5)
    await send(leaf, merchant, `/merchant/orders/${leaf.orderNo}/shipments`, { ...parcel, ...piece });
  if (draw() < 0.3)
    await carrierSays(leaf, leaf.plan.isMerchantsFault ? ['collected'] : ['collected', 'refused']);
  // Its warehouse says that it is too late, and hands it over.
  if (draw() < 0.25) {
    await qimen.faults({ refuseCancel: true, outTradeNoPrefix: leaf.orderNo });
    await send(leaf, leaf.buyer, `/orders/${leaf.orderNo}/cancellations`, { reason: '不想要了' });
  } else if (draw() < 0.2)
    await send(leaf, leaf.buyer, `/orders/${leaf.orderNo}/cancellations`, { reason: '不想要了', ...piece });
  if (draw() < 0.1)
    await send(leaf, merchant, `/merchant/orders/${leaf.orderNo}/shortages`, { reason: '缺货', ...piece });
}

/** Merchants ship what is theirs, and agree to what they are asked; the order as it is when nothing is left to send. */
async function untilSent(leaf: Leaf): Promise<Order> {
  const merchant = await staff('merchant1');
  const path = `/merchant/orders/${leaf.orderNo}`;
  return await eventually(
    async () => {
      const order = await readOrder(leaf.buyer, leaf.orderNo);
      if (order.state !== 'awaiting_shipment') return order;
      await attempt(() => merchant.post(`${path}/cancellation-answers`, { answer: 'agree' }));
      const parcel = { carrier: 'shunfeng', trackingNo: newTrackingNo() };
      await attempt(() => merchant.post(`${path}/shipments`, parcel));
      return undefined;
    },
    `${leaf.orderNo} to be sent`,
    120_000,
  );
}

/** What ends a case, or brings it nearer to its end. */
const NEXT: Partial<Record<Case['state'], [Side, string, object?]>> = {
  applied: ['merchant', 'agree'],
  countered: ['buyer', 'reject_offer'],
  rejected: ['buyer', 'dispute'],
  awaiting_parcel: ['buyer', 'send_back'],
  returning: ['merchant', 'pass'],
  inspection_failed: ['merchant', 'dispute'],
  disputed: ['platform', 'decide', { outcome: 'refund', words: '证据充分' }],
  arbitration: ['platform', 'decide', { outcome: 'refund', words: '证据充分' }],
};

async function endCases(leaf: Leaf): Promise<void> {
  let stuck: string[] = [];
  const isOver = async () => {
    const cases = await openCasesOf(leaf);
    for (const one of cases) {
      if (one.state === 'intercepting') await carrierSays(leaf, ['collected', 'delivering', 'signed']);
      const [side, action, body] = NEXT[one.state] ?? ['buyer', 'withdraw'];
      await doAbout(leaf, side, one, action, body);
    }
    stuck = cases.map(({ caseNo, kind, state }) => `${caseNo} ${kind} ${state}`);
    return cases.length === 0;
  };
  await eventually(isOver, `the cases of ${leaf.orderNo} to end`, 60_000).catch((error: Error) => {
    throw new Error(`${error.message}: ${stuck.join(', ')}`);
  });
}

const isEnded = ({ state }: Order) => state === 'closed' || state === 'cancelled';

/** Everything that is open ends, and what is kept is received, or comes back at its merchant's fault. */
async function end(leaf: Leaf): Promise<void> {
  const isDone = async () => {
    await untilSent(leaf);
    await endCases(leaf);
    const order = await readOrder(leaf.buyer, leaf.orderNo);
    if (isEnded(order) || (order.state === 'completed' && !leaf.plan.isAllBack)) return true;
    if (!leaf.plan.isAllBack) await receive(leaf);
    else {
      const lines = order.lines
        .map(({ lineNo, quantity, reversedQuantity }) => ({ lineNo, quantity: quantity - reversedQuantity }))
        .filter(({ quantity }) => quantity > 0);
      const body = { kind: 'return_refund', reason: 'defective', words: '有问题', lines };
      await send(leaf, leaf.buyer, `/orders/${leaf.orderNo}/after-sales`, body);
    }
    return false;
  };
  await eventually(isDone, `${leaf.orderNo} to end`, 180_000);
}

/** What replaced something of a leaf is paid for, or not, and lives on by itself (RT-8); all that came of it. */
async function replacements(leaf: Leaf): Promise<string[]> {
  const { buyer, orderNo, plan, chance } = leaf;
  const { cases } = await buyer.get<{ cases: Case[] }>('/after-sales?limit=100');
  const made = cases.flatMap((one) =>
    one.orderNo === orderNo && one.replacementNo !== null ? [one.replacementNo] : [],
  );
  const more: string[] = [];
  for (const replacementNo of made) {
    const next: Leaf = { ...leaf, orderNo: replacementNo };
    const isPaid = chance.draw() < 0.6;
    await eventually(
      async () => {
        const { state } = await readOrder(buyer, replacementNo);
        if (state !== 'awaiting_payment') return true;
        if (!isPaid)
          await send(next, buyer, `/orders/${replacementNo}/cancellations`, { reason: '不想要了' });
        else {
          const payment = await attempt(() => open(buyer, replacementNo, plan.way));
          if (payment) await attempt(() => payAt(plan.way, payment.outTradeNo));
        }
        return false;
      },
      `${replacementNo} to be paid or ended`,
      60_000,
    );
    more.push(replacementNo, ...(await liveOn(next, ACTS_PER_LEAF / 2)));
  }
  return more;
}

/** A paid leaf until it is at its end, with what replaced something of it. */
async function liveOn(leaf: Leaf, acts: number): Promise<string[]> {
  await untilSent(leaf);
  for (let count = 0; count < acts; count++) await leaf.chance.pick(DRAWN)(leaf);
  await end(leaf);
  return await replacements(leaf);
}

/** A tree from its basket to its end; its root. */
async function live(plan: Plan, { skuIds, shops }: Awaited<ReturnType<typeof givenCatalogue>>) {
  const [buyer, chance] = [await newBuyer(), drawer(plan.seed)];
  await givenPoints(buyer, POINTS);
  const ofShop = (shopId: string) =>
    givenCoupon(buyer, {
      scope: { kind: 'shop', shopId },
      issuer: 'shop',
      benefit: { kind: 'fixed', saveFen: 701 },
    });
  const coupons = [await givenCoupon(buyer), ...(await Promise.all(shops.map(ofShop)))];
  const basket = Object.fromEntries(
    plan.lines.map(({ item, quantity }) => [skuIds[item] as string, quantity]),
  );
  const inShops = shops.map((_, index) => plan.lines.some(({ item }) => Math.floor(item / 3) === index));
  const couponIds = coupons.filter((_, index) => index === 0 || inShops[index - 1]);
  const orderNo = await submit(buyer, basket, plan.withBenefits ? { couponIds, points: POINTS } : {});
  const payment = chance.pick(PAYMENT_FAULTS);
  if (Object.keys(payment).length > 0)
    await faults(plan.way.provider, { ...payment, outTradeNoPrefix: orderNo });
  const warehouse = chance.pick(WAREHOUSE_FAULTS);
  if (Object.keys(warehouse).length > 0) await qimen.faults({ ...warehouse, outTradeNoPrefix: orderNo });
  const attemptToPay = () => attempt(() => open(buyer, orderNo, plan.way));
  const { outTradeNo } = await eventually(attemptToPay, `a payment of ${orderNo}`, 60_000);
  await payAt(plan.way, outTradeNo);
  const isPaid = async () => {
    const now = await readOrder(buyer, orderNo);
    return now.paidAt ? now : undefined;
  };
  const paid = await eventually(isPaid, `${orderNo} to be paid`, 60_000);
  const leafNos = paid.children.length > 0 ? paid.children.map((child) => child.orderNo) : [orderNo];
  const leaves = leafNos.map((leafNo, index): Leaf => {
    const node = paid.children.find((child) => child.orderNo === leafNo) ?? paid;
    const first = skuIds.indexOf(node.lines[0]?.skuId ?? '');
    const shop = first - (first % 3);
    const offers = skuIds.slice(shop, shop + 3);
    return { buyer, orderNo: leafNo, plan, chance: drawer(plan.seed + index), offers };
  });
  const made = await Promise.all(
    leaves.map(async (leaf) => {
      await begin(leaf);
      return await liveOn(leaf, ACTS_PER_LEAF);
    }),
  );
  return { buyer, orderNo, plan, made: made.flat() };
}

const counted = async (query: ReturnType<typeof sql>): Promise<string[]> =>
  ([...(await database().execute(query))] as { named: string; count: number }[]).map(
    ({ named, count }) => `${named} ${count}`,
  );

test(`RF-4 RF-6 RF-9 RT-3 RT-5 RT-7 I1 I2 I3 I4 I5 I6 ${TREES} trees under schedules of all sides of seed ${SEED}: everything ends, all books agree, and what all went back was refunded to the fen`, {
  timeout: 900_000,
}, async () => {
  process.stdout.write(`SCHEDULE_SEED=${SEED}\n`);
  const catalogue = await givenCatalogue();
  const started = Date.now();
  const since = () => `${Math.round((Date.now() - started) / 1000)} s`;
  const plans = plansOf(SEED, catalogue.skuIds.length);
  const queue = plans.entries();
  const trees: Awaited<ReturnType<typeof live>>[] = [];
  const restarts: Promise<void>[] = [];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const [index, plan] of queue) {
        if (index === Math.floor(plans.length / 2)) restarts.push(killWorker());
        trees.push(await live(plan, catalogue));
      }
    }),
  );
  await Promise.all(restarts);
  process.stdout.write(`${trees.length} trees were driven to their ends after ${since()}\n`);
  for (const { provider } of PROVIDER_WAYS) await liftFaults(provider);
  await qimen.release();
  const look = () => audit({ databaseUrl: stack.databaseUrl, sandboxUrl: stack.sandboxUrl });
  const isAtRest = async () => {
    const settling = await counted(sql`
      SELECT 'due' AS named, count(*)::int FROM settlement_lines JOIN orders USING (order_no) WHERE settlement_lines.state = 'due'
      UNION ALL SELECT 'refund', count(*)::int FROM refunds WHERE state <> 'succeeded'`);
    const found = await look();
    return settling.every((one) => one.endsWith(' 0')) && found.findings.length === 0 && found;
  };
  const report = await eventually(isAtRest, 'books that agree', 120_000).catch(look);
  process.stdout.write(`the books were compared after ${since()}: ${JSON.stringify(report.checked)}\n`);
  expect(report.findings).toEqual([]);
  for (const [name, violationsOf] of Object.entries(INVARIANTS))
    expect([name, await violationsOf(database())]).toEqual([name, []]);
  // Nothing is held for a case that is over.
  expect(await counted(sql`SELECT order_no AS named, holds AS count FROM orders WHERE holds <> 0`)).toEqual(
    [],
  );
  expect(
    await counted(
      sql`SELECT state AS named, count(*)::int FROM settlement_lines WHERE state <> 'settled' GROUP BY 1`,
    ),
  ).toEqual([]);
  await eventually(async () => (await runningCount()) === 0, 'no run without anything to do');
  const cases = await counted(
    sql`SELECT kind || ' ' || state AS named, count(*)::int FROM after_sales GROUP BY 1 ORDER BY 1`,
  );
  const leaves = await counted(
    sql`SELECT state AS named, count(*)::int FROM orders WHERE kind <> 'parent' GROUP BY 1 ORDER BY 1`,
  );
  process.stdout.write(`cases: ${cases.join(', ')}\nleaves: ${leaves.join(', ')}\n`);
  let allBack = 0;
  for (const { buyer, orderNo, plan, made } of trees) {
    const orders = await Promise.all([orderNo, ...made].map((one) => readOrder(buyer, one)));
    const total = (of: 'paidFen' | 'refundedFen' | 'freightFen') =>
      orders.reduce((sum, { amounts }) => sum + amounts[of], 0);
    const [paidFen, refundedFen] = [total('paidFen'), total('refundedFen')];
    expect(refundedFen).toBeLessThanOrEqual(paidFen);
    if (!plan.isMerchantsFault || !plan.isAllBack) continue;
    allBack++;
    // What was exchanged was delivered: its freight is its buyer's, and its coupons have served (RT-8).
    const keptFen = made.length > 0 ? total('freightFen') : 0;
    expect([orderNo, paidFen - refundedFen <= keptFen]).toEqual([orderNo, true]);
    const { coupons, points } = await benefitsOf(buyer);
    expect([orderNo, points]).toEqual([orderNo, { balance: POINTS, frozen: 0, available: POINTS }]);
    if (made.length === 0) expect([orderNo, new Set(coupons)]).toEqual([orderNo, new Set(['available'])]);
  }
  const replaced = trees.reduce((sum, { made }) => sum + made.length, 0);
  process.stdout.write(`${replaced} orders replaced something\n`);
  process.stdout.write(`${allBack} trees came back as a whole at their merchant's fault\n`);
});

/** Runs of orders, cases, refunds and shipments that are open: where all rows have ended there are none (I6). */
async function runningCount(): Promise<number> {
  const connection = await Connection.connect({ address: stack.temporalAddress });
  try {
    const types = `WorkflowType IN ('order', 'afterSale', 'refund', 'shipment')`;
    const query = `ExecutionStatus = 'Running' AND ${types}`;
    return (await new Client({ connection }).workflow.count(query)).count;
  } finally {
    await connection.close();
  }
}

async function killWorker(): Promise<void> {
  await stack.process('worker').kill('SIGKILL');
  await stack.process('worker').restart();
}
