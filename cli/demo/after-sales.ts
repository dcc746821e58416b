import { randomInt, randomUUID } from 'node:crypto';
import type { AfterSaleRepresentation } from '../../api/representations/after-sale.ts';
import type { ShopClient } from '../shop-client.ts';
import { confirmReceipt } from './forward.ts';
import { paidCup } from './payments.ts';
import { type Buyer, type Order, type Stage, yuan } from './stage.ts';
import { available } from './trouble.ts';

type Case = AfterSaleRepresentation;

/** A picture of 68 bytes. */
const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=',
  'base64',
);

/** A return that the merchant refuses and the platform decides (RT-1…RT-5, FN-3). */
export async function disputed(stage: Stage): Promise<void> {
  stage.story('20. Returned in dispute: both sides give evidence, the platform decides');
  const { buyer, merchant, order } = await received(stage, '沈月');
  const { orderNo } = order;
  const before = await available(stage, 'CUP-WHITE');
  const { caseNo } = await buyer.client.post<Case>(`/orders/${orderNo}/after-sales`, {
    ...{ kind: 'return_refund', reason: 'defective', words: '杯口有裂纹' },
    lines: [{ lineNo: 1, quantity: 1 }],
  });
  const settlement = async () => (await stage.read(merchant, orderNo)).settlement;
  stage.check('the case holds its settlement', (await stage.read(buyer.client, orderNo)).onHold);
  await giveEvidence(stage, buyer.client, caseNo);
  await merchantActs(merchant, caseNo, { do: 'reject', words: '出库前已检验，无质量问题' });
  const rejected = await buyerActs(buyer, caseNo, { do: 'dispute', words: '照片可见裂纹' });
  stage.check(`rejected, and disputed: “${rejected.prompt.zh}”`, rejected.state === 'disputed');
  await giveEvidence(stage, merchant, caseNo);
  const service = await stage.staff('13900000011');
  const { evidence } = await service.get<Case>(`/after-sales/${caseNo}`);
  stage.check(
    `customer service sees what both sides gave: ${evidence.map(({ givenBy }) => givenBy).join(', ')}`,
    evidence.length === 2,
  );
  await service.post(`/platform/after-sales/${caseNo}/decisions`, {
    ...{ outcome: 'return', words: '裂纹清晰可见，支持退货退款' },
  });
  const decided = await buyer.client.get<Case>(`/after-sales/${caseNo}`);
  stage.check(`it decides for the return: “${decided.prompt.zh}”`, decided.state === 'awaiting_parcel');
  await sendBack(stage, buyer, caseNo);
  await merchantActs(merchant, caseNo, {
    ...{ do: 'pass', dispositions: [{ lineNo: 1, sellable: 0, damaged: 1, lost: 0 }] },
  });
  const ended = await stage.until(
    buyer.client,
    orderNo,
    ({ amounts }) => amounts.refundedFen === amounts.paidFen,
  );
  stage.check(
    `${yuan(ended.amounts.refundedFen)} is back, freight with it; the order is ${ended.state}`,
    ended.state === 'closed',
  );
  stage.check('the damaged cup is not on sale again', (await available(stage, 'CUP-WHITE')) === before);
  stage.check('and it brought its merchant nothing', (await settlement())?.baseFen === 0);
  const { log } = await buyer.client.get<Case>(`/after-sales/${caseNo}`);
  for (const { action, actor, toState, words } of log)
    stage.say(
      `    ${action.padEnd(14)} ${(actor.split(':')[0] ?? '').padEnd(9)} → ${toState.padEnd(16)} ${words ?? ''}`,
    );
}

/** What comes back pays for something dearer; only the difference is asked for (RT-8). */
export async function exchanged(stage: Stage): Promise<void> {
  stage.story('21. Exchanged for a dearer one: only the difference is paid');
  const { buyer, merchant, order } = await received(stage, '顾言');
  const opened = await buyer.client.post<Case>(`/orders/${order.orderNo}/after-sales`, {
    ...{ kind: 'exchange', reason: 'wrong_size', words: '想换大一号' },
    lines: [{ lineNo: 1, quantity: 1, wantSkuId: 'CUP-LARGE' }],
  });
  const { caseNo } = opened;
  const differenceFen = opened.lines[0]?.differenceFen ?? 0;
  await merchantActs(merchant, caseNo, { do: 'agree', returnTo: RETURN_ADDRESS });
  await sendBack(stage, buyer, caseNo);
  await merchantActs(merchant, caseNo, {
    ...{ do: 'pass', dispositions: [{ lineNo: 1, sellable: 1, damaged: 0, lost: 0 }] },
  });
  const { replacementNo, prompt } = await buyer.client.get<Case>(`/after-sales/${caseNo}`);
  const orderNo = stage.follow(replacementNo ?? '');
  const replacement = await stage.read(buyer.client, orderNo);
  stage.check(`“${prompt.zh}”: ${orderNo}, “${replacement.prompt.zh}”`, replacement.exchangeOf === caseNo);
  const payment = await stage.startPayment(buyer, orderNo, 'wechat_native');
  stage.check(
    `WeChat Pay asks for ${yuan(payment.amountFen)}; ${yuan(replacement.amounts.creditFen)} came over`,
    payment.amountFen === differenceFen && differenceFen > 0,
  );
  await stage.cashier(payment, 'pay');
  await stage.until(buyer.client, orderNo, ({ state }) => state === 'awaiting_shipment');
  await send(merchant, orderNo);
  await confirmReceipt(stage, buyer, orderNo);
}

const RETURN_ADDRESS = '杭州市余杭区文一西路 1 号 售后组 400-100-0001';

const newNumber = (): string => `SF${randomInt(10 ** 12, 10 ** 13)}`;

const send = (merchant: ShopClient, orderNo: string) =>
  merchant.post(`/merchant/orders/${orderNo}/shipments`, { carrier: 'shunfeng', trackingNo: newNumber() });

/** A cup that was bought, sent and received. */
async function received(
  stage: Stage,
  name: string,
): Promise<{ buyer: Buyer; merchant: ShopClient; order: Order }> {
  const [buyer, merchant] = [await stage.buyer(name), await stage.staff('13900000001')];
  const { order } = await paidCup(stage, buyer, 'alipay_qr');
  await send(merchant, order.orderNo);
  await confirmReceipt(stage, buyer, order.orderNo);
  return { buyer, merchant, order };
}

const merchantActs = (merchant: ShopClient, caseNo: string, command: object) =>
  merchant.post(`/merchant/after-sales/${caseNo}/actions`, command);

async function buyerActs({ client }: Buyer, caseNo: string, command: object): Promise<Case> {
  await client.post(`/after-sales/${caseNo}/actions`, command);
  return await client.get<Case>(`/after-sales/${caseNo}`);
}

/** The buyer sends it back, and it arrives (RT-4). */
async function sendBack(stage: Stage, buyer: Buyer, caseNo: string): Promise<void> {
  await buyerActs(buyer, caseNo, { do: 'send_back', carrier: 'shunfeng', trackingNo: newNumber() });
  const parcel = await stage.wait(`what is sent back for ${caseNo} to arrive`, async () => {
    const { parcels } = await buyer.client.get<Case>(`/after-sales/${caseNo}`);
    return parcels.find(({ state }) => state === 'signed');
  });
  stage.check(
    `sent back and tracked: ${parcel.events.length} events, newest “${parcel.events[0]?.text}”`,
    parcel.events.length > 0,
  );
}

async function giveEvidence({ stack }: Stage, { token }: ShopClient, caseNo: string): Promise<void> {
  const form = new FormData();
  form.set('file', new Blob([new Uint8Array(PICTURE)]), 'crack.png');
  const response = await fetch(`${stack.apiUrl}/v1/after-sales/${caseNo}/evidence`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'idempotency-key': randomUUID() },
    body: form,
  });
  if (!response.ok) throw new Error(`evidence for ${caseNo}: ${await response.text()}`);
}
