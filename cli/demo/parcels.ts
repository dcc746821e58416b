import { randomInt } from 'node:crypto';
import { paidCup } from './payments.ts';
import type { Stage } from './stage.ts';

interface Parcel {
  state: string;
  /** The buyer's other orders in it. */
  togetherWith: string[];
  words: { zh: string; en: string };
  events: { at: string; text: string; words: { en: string } }[];
  anomalies: { kind: string; words: { en: string }; closedAt: string | null }[];
}

/** A parcel's whole way, with a silence on it that is noticed before the buyer has to ask (LG-1, LG-2, LG-4). */
export async function silentParcel(stage: Stage): Promise<void> {
  stage.story('14. A parcel goes silent, moves again, and is signed for');
  const buyer = await stage.buyer('秦岭');
  const merchant = await stage.staff('13900000001');
  const { order } = await paidCup(stage, buyer, 'alipay_qr');
  const { orderNo } = order;
  const trackingNo = `SF${randomInt(10 ** 12, 10 ** 13)}`;
  const atCarrier = (step: string, body: Record<string, unknown>) =>
    stage.control('kuaidi100', `/parcels/shunfeng/${trackingNo}/${step}`, body);
  await atCarrier('course', { course: 'stalls' });
  await merchant.post(`/merchant/orders/${orderNo}/shipments`, { carrier: 'shunfeng', trackingNo });
  const seen = (what: string, wanted: (parcel: Parcel) => boolean) =>
    stage.wait(what, async () => {
      const { parcels } = await buyer.client.get<{ parcels: Parcel[] }>(`/orders/${orderNo}/tracks`);
      return parcels.find(wanted);
    });
  const silent = await seen('the alarm', ({ anomalies }) => anomalies.some(({ kind }) => kind === 'stalled'));
  stage.check(
    `nothing is heard of it for a day: “${silent.anomalies[0]?.words.en}”`,
    silent.anomalies.length === 1,
  );
  const held = await stage.until(buyer.client, orderNo, ({ onHold }) => onHold);
  stage.check('auto-receipt stands still meanwhile', held.autoReceiptAt === null);
  await atCarrier('events', { state: 'in_transit', text: '快件已到达【上海徐汇营业点】' });
  const moving = await seen('the end of the alarm', ({ anomalies }) =>
    anomalies.every(({ closedAt }) => closedAt),
  );
  stage.check('it moves, and the alarm ends by itself', moving.anomalies.length === 1);
  await atCarrier('events', { state: 'delivering', text: '派送员正在派送，电话 138****0000' });
  await atCarrier('events', { state: 'signed', text: '已签收，签收人：本人' });
  const signed = await seen('the signature', ({ state }) => state === 'signed');
  stage.say('Its whole track, newest first:');
  for (const { at, text, words } of signed.events)
    stage.say(`    ${at.slice(11, 19)}  ${words.en.padEnd(16)} ${text}`);
  const { confirmation } = await buyer.client.post<{ confirmation: string }>(
    `/orders/${orderNo}/receipt`,
    {},
  );
  await buyer.client.post(`/orders/${orderNo}/receipt`, { confirmation });
  const ended = await stage.until(buyer.client, orderNo, ({ state }) => state === 'completed');
  stage.check(`the buyer confirms: “${ended.prompt.en}”`, ended.endReason === 'received');
}

interface Waybill {
  waybillNo: string;
  trackingNo: string;
  labelUrl: string;
}

/** Two orders of one buyer in one parcel, with a number and a label that the carrier gives by itself (FU-8). */
export async function sharedParcel(stage: Stage): Promise<void> {
  stage.story('22. Two orders of one buyer in one parcel, with the carrier’s own label');
  const buyer = await stage.buyer('孟晓');
  const merchant = await stage.staff('13900000001');
  const orderNos: string[] = [];
  for (const method of ['alipay_qr', 'wechat_native'])
    orderNos.push((await paidCup(stage, buyer, method)).order.orderNo);
  const waybill = await merchant.post<Waybill>('/merchant/waybills', {
    carrier: 'shunfeng',
    orders: orderNos.map((orderNo) => ({ orderNo })),
  });
  const label = await (await fetch(waybill.labelUrl)).text();
  stage.check(
    `one electronic waybill for both: ${waybill.trackingNo}, and a label to print`,
    label.includes(waybill.trackingNo) && label.includes('孟晓'),
  );
  await merchant.post(`/merchant/waybills/${waybill.waybillNo}/hand-overs`, {});
  for (const orderNo of orderNos)
    await stage.until(buyer.client, orderNo, ({ state }) => state === 'awaiting_receipt');
  stage.say('The parcel is handed over; what the carrier tells of it reaches both orders.');
  await stage.control('kuaidi100', `/parcels/shunfeng/${waybill.trackingNo}/advance`, { to: 'signed' });
  const signed = [];
  for (const orderNo of orderNos)
    signed.push(
      await stage.wait('the signature', async () => {
        const { parcels } = await buyer.client.get<{ parcels: Parcel[] }>(`/orders/${orderNo}/tracks`);
        return parcels.find(({ state }) => state === 'signed');
      }),
    );
  stage.check(
    'signed for once: each order knows it, and which other one came along',
    signed.every(({ togetherWith }, index) => togetherWith.join() === orderNos[1 - index]),
  );
}
