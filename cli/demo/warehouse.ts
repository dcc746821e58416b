import { confirmReceipt } from './forward.ts';
import { type Buyer, type Order, type Stage, yuan } from './stage.ts';
import { available } from './trouble.ts';

/** The way of a shipment inside the warehouse, as it reports it. */
const COURSE = ['accepted', 'picking', 'checked', 'packed', 'weighed'] as const;

interface Tracks {
  shipments: {
    stage: string;
    reports: { at: string; stage: string; words: { zh: string; en: string } }[];
  }[];
  parcels: {
    carrier: string;
    trackingNo: string;
    state: string;
    words: { en: string };
    events: { text: string }[];
  }[];
}

/** A delivery order as the warehouse has it. */
interface DeliveryOrder {
  stage: string;
  lines: { itemCode: string; quantity: number }[];
  parcels: { trackingNo: string }[];
}

interface InWarehouse {
  buyer: Buyer;
  order: Order;
  shipmentNo: string;
}

/** Nobody touches it: the warehouse works, hands over and numbers the parcel, the carrier carries it (FU-2, FU-3, LG-1). */
export async function byItself(stage: Stage): Promise<void> {
  stage.story('15. Through the warehouse, by itself');
  const { buyer, order, shipmentNo } = await taken(stage, '苏晴', { 'LAMP-DESK': 1, KETTLE: 1 });
  const { orderNo } = order;
  const [planned] = order.shipments;
  stage.check(
    `${planned?.warehouse} took shipment ${shipmentNo}; it should leave by ${planned?.estimatedShipping?.at}`,
    planned?.estimatedShipping?.rule === 'warehouse_handling',
  );
  for (const step of COURSE) {
    const report = await seen(stage, buyer, orderNo, ({ shipments }) =>
      shipments[0]?.reports.find((one) => one.stage === step),
    );
    stage.check(`${step.padEnd(8)} “${report.words.zh}”`, Date.parse(report.at) > 0);
  }
  const shipped = await stage.until(buyer.client, orderNo, ({ state }) => state === 'awaiting_receipt');
  const { parcels } = await delivery(stage, shipmentNo);
  const [sent] = shipped.shipments;
  stage.check(
    `handed over to ${sent?.carrier}; the number came with it: ${sent?.trackingNo}`,
    shipped.shipments.length === 1 && sent?.trackingNo === parcels[0]?.trackingNo,
  );
  const parcel = await seen(stage, buyer, orderNo, (tracks) =>
    tracks.parcels.find(({ state }) => state === 'signed'),
  );
  stage.check(
    `tracked to the door: ${parcel.events.length} events, newest “${parcel.events[0]?.text}”`,
    parcel.events.length > 0,
  );
  await confirmReceipt(stage, buyer, orderNo);
}

/** Stopped while it is being packed (CN-2, CN-3). */
export async function intercepted(stage: Stage): Promise<void> {
  stage.story('16. Cancelled while the warehouse packs it: intercepted');
  const before = await available(stage, 'LAMP-DESK');
  await standStill(stage, true);
  const { buyer, order, shipmentNo } = await taken(stage, '田甜', { 'LAMP-DESK': 2 });
  const { orderNo, amounts } = order;
  await atWarehouse(stage, shipmentNo, 'advance', { to: 'packed' });
  stage.check('it is paid and packed', (await delivery(stage, shipmentNo)).stage === 'packed');
  await buyer.client.post(`/orders/${orderNo}/cancellations`, { reason: '不想要了' });
  const ended = await stage.until(
    buyer.client,
    orderNo,
    ({ state, refunds }) => state === 'cancelled' && refunds.every((refund) => refund.state === 'succeeded'),
  );
  const [request] = ended.cancellations;
  stage.check(
    `the warehouse takes it out again: “${request?.words.zh}”`,
    request?.state === 'agreed' && (await delivery(stage, shipmentNo)).stage === 'cancelled',
  );
  stage.check(
    `${yuan(ended.amounts.refundedFen)} of ${yuan(amounts.paidFen)} is back`,
    ended.amounts.refundedFen === amounts.paidFen,
  );
  stage.check('both pieces can be bought again', (await available(stage, 'LAMP-DESK')) === before);
  await standStill(stage, false);
}

/** It leaves at the very moment that the warehouse is asked (CN-3). */
export async function hasLeft(stage: Stage): Promise<void> {
  stage.story('17. Cancelled too late: 订单已经出库');
  await standStill(stage, true);
  const { buyer, order, shipmentNo } = await taken(stage, '罗阳', { KETTLE: 1 });
  const { orderNo } = order;
  await stage.control('qimen', '/faults', { refuseCancel: true, onlyOutTradeNo: shipmentNo });
  await buyer.client.post(`/orders/${orderNo}/cancellations`, { reason: '买错了' });
  const refused = await stage.until(
    buyer.client,
    orderNo,
    ({ state, cancellations }) =>
      state === 'awaiting_receipt' && cancellations.every(({ decidedAt }) => decidedAt !== null),
  );
  const [request] = refused.cancellations;
  stage.check(
    `the warehouse answers that it has left: “${request?.words.zh}”`,
    request?.state === 'refused' && request.words.zh.includes('订单已经出库'),
  );
  stage.check('no money moved', refused.refunds.length === 0 && refused.amounts.refundedFen === 0);
  await carried(stage, buyer, orderNo, 'delivered all the same');
  await confirmReceipt(stage, buyer, orderNo);
  await standStill(stage, false);
}

/** A merchant who misses a line gives its money back; the warehouse is stopped first, and sends the rest (FU-5). */
export async function shortOfALine(stage: Stage): Promise<void> {
  stage.story('18. A line is missing: refunded, the rest is shipped');
  const before = await available(stage, 'KETTLE');
  await standStill(stage, true);
  const merchant = await stage.staff('13900000001');
  const { buyer, order, shipmentNo } = await taken(stage, '贺兰', { 'LAMP-DESK': 1, KETTLE: 1 });
  const { orderNo } = order;
  const missing = order.lines.find(({ skuId }) => skuId === 'KETTLE');
  await merchant.post(`/merchant/orders/${orderNo}/shortages`, {
    lines: [{ lineNo: missing?.lineNo, quantity: 1 }],
    reason: '盘点缺货',
  });
  const going = await stage.until(
    buyer.client,
    orderNo,
    ({ shipments, refunds }) =>
      shipments[1]?.stage === 'accepted' && refunds.some(({ state }) => state === 'succeeded'),
  );
  stage.check(
    `the kettle’s ${yuan(going.amounts.refundedFen)} is back, the order goes on`,
    going.amounts.refundedFen === missing?.payableFen && going.state === 'awaiting_shipment',
  );
  const second = going.shipments[1]?.shipmentNo ?? '';
  const [first, rest] = await Promise.all([delivery(stage, shipmentNo), delivery(stage, second)]);
  stage.check(
    `the warehouse stops ${shipmentNo} and takes ${second} with the lamp alone`,
    first.stage === 'cancelled' && rest.lines.map(({ itemCode }) => itemCode).join() === 'LAMP-DESK',
  );
  stage.check(
    'the missing kettle is written off, not put on sale again',
    (await available(stage, 'KETTLE')) === before - 1,
  );
  await atWarehouse(stage, second, 'advance', { to: 'handed_over' });
  const shipped = await stage.until(buyer.client, orderNo, ({ state }) => state === 'awaiting_receipt');
  stage.check(
    `the rest has left: “${shipped.prompt.zh}”`,
    shipped.lines.every(
      ({ quantity, shippedQuantity, reversedQuantity }) => shippedQuantity + reversedQuantity === quantity,
    ),
  );
  await standStill(stage, false);
}

/** What the warehouse packs into two has two numbers; the order is shipped with the second (FU-4). */
export async function twoParcels(stage: Stage): Promise<void> {
  stage.story('19. One order, two parcels');
  await standStill(stage, true);
  const { buyer, order, shipmentNo } = await taken(stage, '纪明', { 'LAMP-DESK': 3 });
  const { orderNo } = order;
  const handOver = (quantity: number) =>
    atWarehouse(stage, shipmentNo, 'handover', { parcels: [{ lines: [{ lineNo: '1', quantity }] }] });
  await handOver(2);
  const partly = await stage.until(buyer.client, orderNo, ({ lines }) => lines[0]?.shippedQuantity === 2);
  stage.check(
    `two lamps have left, the clock does not run yet: “${partly.prompt.zh}”`,
    partly.state === 'awaiting_shipment' && partly.autoReceiptAt === null,
  );
  await handOver(1);
  const shipped = await stage.until(buyer.client, orderNo, ({ state }) => state === 'awaiting_receipt');
  const numbers = shipped.shipments.map(({ trackingNo }) => trackingNo);
  stage.check(
    `the third makes it shipped, with a number each: ${numbers.join(', ')}`,
    numbers.length === 2 && new Set(numbers).size === 2 && shipped.autoReceiptAt !== null,
  );
  await carried(stage, buyer, orderNo, 'both come to the door');
  await confirmReceipt(stage, buyer, orderNo);
  await standStill(stage, false);
}

/** An order that is paid and lies in its warehouse. */
async function taken(stage: Stage, name: string, pieces: Record<string, number>): Promise<InWarehouse> {
  const buyer = await stage.buyer(name);
  const lines = Object.entries(pieces).map(([skuId, quantity]) => ({ skuId, quantity }));
  const orderNo = await stage.submit(buyer, await stage.quote(buyer, lines));
  await stage.cashier(await stage.startPayment(buyer, orderNo), 'pay');
  const order = await stage.until(buyer.client, orderNo, ({ shipments }) =>
    shipments.some(({ estimatedShipping }) => estimatedShipping?.rule === 'warehouse_handling'),
  );
  return { buyer, order, shipmentNo: order.shipments[0]?.shipmentNo ?? '' };
}

/** The carrier brings every parcel to the door. */
async function carried(stage: Stage, buyer: Buyer, orderNo: string, claim: string): Promise<void> {
  const { parcels } = await buyer.client.get<Tracks>(`/orders/${orderNo}/tracks`);
  for (const { carrier, trackingNo } of parcels)
    await stage.control('kuaidi100', `/parcels/${carrier}/${trackingNo}/advance`, { to: 'signed' });
  const signed = await seen(stage, buyer, orderNo, (tracks) =>
    tracks.parcels.every(({ state }) => state === 'signed') ? tracks.parcels : undefined,
  );
  stage.check(
    `${claim}: ${signed.map(({ trackingNo, words }) => `${trackingNo} ${words.en}`).join(', ')}`,
    signed.length === parcels.length,
  );
}

function seen<Found>(
  stage: Stage,
  buyer: Buyer,
  orderNo: string,
  look: (tracks: Tracks) => Found | undefined,
): Promise<Found> {
  return stage.wait(`news of ${orderNo}`, async () =>
    look(await buyer.client.get<Tracks>(`/orders/${orderNo}/tracks`)),
  );
}

/** The warehouse’s staff rests, or goes on, for all that it has. */
const standStill = (stage: Stage, still: boolean) =>
  stage.control('qimen', '/settings', { autoAdvance: !still });

const atWarehouse = (stage: Stage, shipmentNo: string, act: string, body: Record<string, unknown>) =>
  stage.control('qimen', `/orders/${shipmentNo}/${act}`, body);

const delivery = (stage: Stage, shipmentNo: string) =>
  stage.control<DeliveryOrder>('qimen', `/orders/${shipmentNo}`);
