import { randomInt } from 'node:crypto';
import { type Buyer, type Stage, yuan } from './stage.ts';

const trackingNo = () => `SF${randomInt(10 ** 12, 10 ** 13)}`;

/** A basket becomes an order and lives until it is settled (CK-2, ST-1, FN-1). */
export async function wholeLife(stage: Stage): Promise<void> {
  stage.story('1. A whole life: 135.00 yuan from basket to settlement');
  const buyer = await stage.buyer('王芳');
  const operations = await stage.staff('13900000013');
  const merchant = await stage.staff('13900000001');
  const coupon = {
    buyerId: buyer.sub,
    name: '新客十元券',
    scope: { kind: 'platform' },
    issuer: 'platform',
    thresholdFen: 0,
    benefit: { kind: 'fixed', saveFen: 1000 },
    validDays: 30,
  };
  const { couponId } = await operations.post<{ couponId: string }>('/platform/coupons', coupon);
  await operations.post('/platform/points-grants', { buyerId: buyer.sub, points: 500 });
  await buyer.client.put('/cart/items/TEA-100', { quantity: 2 });
  stage.say('王芳 puts 2 × 明前龙井 at ¥100.00 into her cart; she has a 10-yuan coupon and 500 points.');

  const quote = await stage.quote(buyer, [{ skuId: 'TEA-100', quantity: 2 }], {
    couponIds: [couponId],
    points: 500,
  });
  stage.sayPrice(quote);
  stage.check('the quote is exactly ¥135.00', quote.totalFen === 13_500);

  const orderNo = await stage.submit(buyer, quote);
  const unpaid = await stage.read(buyer.client, orderNo);
  stage.say(`Order ${orderNo}: “${unpaid.prompt.en}”`);
  stage.check(
    'stock, coupon and points are held while it awaits payment',
    unpaid.state === 'awaiting_payment',
  );

  const payment = await stage.startPayment(buyer, orderNo);
  const { action } = payment;
  stage.say(`She scans Alipay’s QR code ${action?.kind === 'qr' ? action.qrCode : ''} and pays.`);
  await stage.cashier(payment, 'pay');
  const paid = await stage.until(buyer.client, orderNo, (order) => order.state === 'awaiting_shipment');
  stage.check(
    `Alipay’s signed notification makes it paid: “${paid.prompt.zh}”`,
    paid.amounts.paidFen === 13_500,
  );

  await merchant.post(`/merchant/orders/${orderNo}/shipments`, {
    carrier: 'shunfeng',
    trackingNo: trackingNo(),
  });
  const shipped = await stage.until(buyer.client, orderNo, (order) => order.state === 'awaiting_receipt');
  stage.check(`the shop hands it to 顺丰: “${shipped.prompt.en}”`, shipped.shipments.length === 1);

  await confirmReceipt(stage, buyer, orderNo);
  const settled = await stage.until(merchant, orderNo, (order) => order.settlement?.state === 'settled');
  const { baseFen = 0, commissionFen = 0, netFen = 0 } = settled.settlement ?? {};
  stage.check(
    `settled with the merchant: ${yuan(baseFen)} − ${yuan(commissionFen)} commission = ${yuan(netFen)} (the platform bears its own coupon and the points)`,
    baseFen === 15_000 && commissionFen === 750 && netFen === 14_250,
  );
  const { vouchers } = await operations.get<{
    vouchers: { kind: string; postings: { debit: string; credit: string; amountFen: number }[] }[];
  }>(`/orders/${orderNo}/vouchers`);
  for (const voucher of vouchers) {
    for (const { debit, credit, amountFen } of voucher.postings)
      stage.say(`    ${voucher.kind.padEnd(11)} ${yuan(amountFen).padStart(9)}   ${credit} → ${debit}`);
  }
}

/** Receipt in two steps: the system asks back (ST-4). */
export async function confirmReceipt(stage: Stage, buyer: Buyer, orderNo: string): Promise<void> {
  const asked = await buyer.client.post<{ confirmation: string; prompt: { en: string } }>(
    `/orders/${orderNo}/receipt`,
    {},
  );
  stage.say(`${buyer.name} confirms receipt; the system asks back: “${asked.prompt.en}” Yes.`);
  await buyer.client.post(`/orders/${orderNo}/receipt`, { confirmation: asked.confirmation });
  const done = await stage.until(buyer.client, orderNo, (order) => order.state === 'completed');
  stage.check(`completed: “${done.prompt.zh}”`, done.state === 'completed');
}

/** Two shops, one payment, two parcels (SP-2, SP-3, SP-5). */
export async function twoShops(stage: Stage): Promise<void> {
  stage.story('2. Two shops in one basket: paid once, shipped in two');
  const buyer = await stage.buyer('李雷');
  const [merchant1, merchant2] = [await stage.staff('13900000001'), await stage.staff('13900000002')];
  const quote = await stage.quote(buyer, [
    { skuId: 'TEA-250', quantity: 1 },
    { skuId: 'BOOK-POEMS', quantity: 2 },
  ]);
  stage.sayPrice(quote);
  const orderNo = await stage.submit(buyer, quote);
  const parent = await stage.read(buyer.client, orderNo);
  for (const child of parent.children)
    stage.say(`    child ${child.orderNo} of shop ${child.shopId}: ${yuan(child.amounts.payableFen)}`);
  const sum = parent.children.reduce((total, child) => total + child.amounts.payableFen, 0);
  stage.check(
    `the children add up to the parent’s ${yuan(parent.amounts.payableFen)} to the fen`,
    parent.children.length === 2 && sum === parent.amounts.payableFen,
  );

  const [first] = parent.children;
  const payment = await stage.startPayment(buyer, first?.orderNo ?? orderNo, 'alipay_page');
  stage.say('He presses “pay” on the first child; the cross-shop discount makes it the whole that is paid.');
  await stage.cashier(payment, 'pay');
  const paid = await stage.until(buyer.client, orderNo, (order) => order.state === 'awaiting_shipment');
  stage.check(
    'one payment paid both children',
    paid.children.every((child) => child.state === 'awaiting_shipment'),
  );

  const [tea, book] = paid.children.map((child) => child.orderNo) as [string, string];
  const own = await merchant2.get<{ orders: { orderNo: string }[] }>('/merchant/orders');
  stage.check(
    'each merchant sees only its own child',
    own.orders.some((order) => order.orderNo === book) && own.orders.every((order) => order.orderNo !== tea),
  );
  await merchant1.post(`/merchant/orders/${tea}/shipments`, {
    carrier: 'shunfeng',
    trackingNo: trackingNo(),
  });
  const half = await stage.until(
    buyer.client,
    orderNo,
    (order) => order.children[0]?.state === 'awaiting_receipt',
  );
  stage.check(
    `one parcel is on its way, the parent shows the least advanced child: ${half.state} ${JSON.stringify(half.stateCounts)}`,
    half.state === 'awaiting_shipment',
  );
  await merchant2.post(`/merchant/orders/${book}/review`, { decision: 'confirm' });
  await merchant2.post(`/merchant/orders/${book}/shipments`, {
    carrier: 'zhongtong',
    trackingNo: '73111234567890',
  });
  const both = await stage.until(buyer.client, orderNo, (order) => order.state === 'awaiting_receipt');
  stage.check(
    `both tracks are on the parent: ${both.shipments.map((s) => `${s.carrier} ${s.trackingNo}`).join(', ')}`,
    both.shipments.length === 2,
  );
  for (const child of [tea, book]) await confirmReceipt(stage, buyer, child);
  stage.check(
    'both received: the parent is completed',
    (await stage.read(buyer.client, orderNo)).state === 'completed',
  );
}

/** Nobody confirms: the clock receives (ST-3). */
export async function autoReceipt(stage: Stage): Promise<void> {
  stage.story('7. The buyer says nothing: received automatically');
  const buyer = await stage.buyer('陈晨');
  const merchant = await stage.staff('13900000001');
  const orderNo = await stage.submit(
    buyer,
    await stage.quote(buyer, [{ skuId: 'FLASH-SNACK', quantity: 1 }]),
  );
  const payment = await stage.startPayment(buyer, orderNo);
  await stage.cashier(payment, 'pay');
  await stage.until(buyer.client, orderNo, (order) => order.state === 'awaiting_shipment');
  await merchant.post(`/merchant/orders/${orderNo}/shipments`, {
    carrier: 'shunfeng',
    trackingNo: trackingNo(),
  });
  const shipped = await stage.until(buyer.client, orderNo, (order) => order.state === 'awaiting_receipt');
  stage.say(
    `Shipped; this shop’s period is ${Math.round((Date.parse(shipped.autoReceiptAt ?? '') - Date.parse(shipped.shippedAt ?? '')) / 1000)} s here (10 days by default). “${shipped.prompt.en}”`,
  );
  const done = await stage.until(buyer.client, orderNo, (order) => order.state === 'completed');
  stage.check(`completed by the clock: ${done.endReason}`, done.endReason === 'auto_receipt');
}
