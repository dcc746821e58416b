import { describe, expect, test } from 'vitest';
import type { AfterSalePeriods } from '../../domain/after-sale/deadlines.ts';
import { applyFor, type Case, merchantActs, RETURN_ADDRESS, readCase } from '../support/cases.ts';
import {
  type Buyer,
  eventually,
  givenShop,
  givenSku,
  newBuyer,
  pay,
  problemFrom,
  readOrder,
  receive,
  ship,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

/** A case at a shop whose sides have as long as a test wants; times are in seconds. */
async function opened(
  periods: AfterSalePeriods,
  kind: Case['kind'],
  { received = false, quantity = 1 }: { received?: boolean; quantity?: number } = {},
): Promise<{ buyer: Buyer; orderNo: string; caseNo: string }> {
  const skuId = await givenSku(await givenShop({ afterSalePeriods: periods }), 5);
  const buyer = await newBuyer();
  const orderNo = await submit(buyer, { [skuId]: quantity });
  await pay(buyer, orderNo);
  await ship(await staff('merchant1'), orderNo);
  if (received) await receive(buyer, orderNo);
  const { caseNo } = await applyFor(buyer, orderNo, kind, [{ lineNo: 1, quantity }]);
  return { buyer, orderNo, caseNo };
}

const untilCase = (buyer: Buyer, caseNo: string, state: Case['state']): Promise<Case> =>
  eventually(async () => {
    const now = await readCase(buyer, caseNo);
    return now.state === state ? now : undefined;
  }, `case ${caseNo} to be ${state}`);

const lastAct = ({ log }: Case) => log.at(-1);

describe.concurrent('deadlines of a case', () => {
  test('RF-3 a merchant who does not answer has agreed to refund what was not signed for', async () => {
    const { buyer, orderNo, caseNo } = await opened({ merchantAnswers: 2 }, 'refund_only');
    const { dueAt, openedAt } = await readCase(buyer, caseNo);
    expect(Date.parse(dueAt ?? '') - Date.parse(openedAt)).toBe(2_000);
    const over = await untilCase(buyer, caseNo, 'refunded');
    expect(lastAct(over)).toMatchObject({ action: 'time_over', actor: 'system', fromState: 'applied' });
    expect(Date.parse(over.endedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(dueAt ?? ''));
    const order = await waitFor(buyer, orderNo, ({ amounts }) => amounts.refundedFen === 10_000, 30_000);
    expect(order.state).toBe('closed');
  });

  test('RF-3 RT-3 decision-30 silence never refunds what was received without its return: the platform joins, and decides when the evidence is in', async () => {
    const periods = { merchantAnswers: 2, evidence: 2 };
    const { buyer, orderNo, caseNo } = await opened(periods, 'refund_only', { received: true });
    await untilCase(buyer, caseNo, 'disputed');
    await untilCase(buyer, caseNo, 'arbitration');
    const service = await staff('customerService');
    expect((await readCase(service, caseNo)).actions).toEqual(['decide']);
    const ruling = { outcome: 'dismiss', words: '证据不足' };
    await service.post(`/platform/after-sales/${caseNo}/decisions`, ruling);
    expect(await untilCase(buyer, caseNo, 'closed')).toMatchObject({ outcome: 'dismissed' });
    expect(await readOrder(buyer, orderNo)).toMatchObject({ state: 'completed', onHold: false, refunds: [] });
  });

  test('RF-3 RT-4 a return nobody answers is agreed; not sent back in time it closes, and the clock of the order runs on', async () => {
    const periods = { merchantAnswers: 2, buyerSendsBack: 2 };
    const { buyer, orderNo, caseNo } = await opened(periods, 'return_refund');
    expect((await readOrder(buyer, orderNo)).autoReceiptAt).toBeNull();
    await untilCase(buyer, caseNo, 'awaiting_parcel');
    expect(await untilCase(buyer, caseNo, 'closed')).toMatchObject({ outcome: 'not_sent_back' });
    const order = await waitFor(buyer, orderNo, ({ onHold }) => !onHold);
    expect(order).toMatchObject({ state: 'awaiting_receipt', refunds: [] });
    expect(order.autoReceiptAt).not.toBeNull();
  });

  test('RT-6 what is on its way back and that nobody inspects is refunded', async () => {
    const { buyer, orderNo, caseNo } = await opened({ parcelArrives: 2 }, 'return_refund');
    await merchantActs(await staff('merchant1'), caseNo, { do: 'agree', returnTo: RETURN_ADDRESS });
    const sent = { do: 'send_back', carrier: 'shunfeng', trackingNo: 'SF2000000000001' };
    await buyer.post(`/after-sales/${caseNo}/actions`, sent);
    const over = await untilCase(buyer, caseNo, 'refunded');
    expect(lastAct(over)).toMatchObject({ action: 'time_over', fromState: 'returning' });
    await waitFor(buyer, orderNo, ({ amounts }) => amounts.refundedFen === 10_000, 30_000);
  });

  test.each([
    ['rejected', { do: 'reject', words: '无质量问题' }],
    ['countered', { do: 'offer', amountFen: 1_000 }],
  ])('RT-3 what was %s and nobody takes further ends', async (_state, command) => {
    const periods = { buyerAnswers: 2, someoneDisputes: 2 };
    const { buyer, orderNo, caseNo } = await opened(periods, 'refund_only');
    await merchantActs(await staff('merchant1'), caseNo, command);
    expect(await untilCase(buyer, caseNo, 'closed')).toMatchObject({ outcome: 'not_disputed' });
    expect(await readOrder(buyer, orderNo)).toMatchObject({ onHold: false, refunds: [] });
  });

  test('RT-5 an inspection that failed and that nobody disputes ends without a refund', async () => {
    const { buyer, orderNo, caseNo } = await opened({ someoneDisputes: 2 }, 'return_refund');
    const merchant = await staff('merchant1');
    await merchantActs(merchant, caseNo, { do: 'agree', returnTo: RETURN_ADDRESS });
    const sent = { do: 'send_back', carrier: 'shunfeng', trackingNo: 'SF2000000000001' };
    await buyer.post(`/after-sales/${caseNo}/actions`, sent);
    await merchantActs(merchant, caseNo, { do: 'fail', words: '已使用' });
    expect(await untilCase(buyer, caseNo, 'closed')).toMatchObject({ outcome: 'not_disputed' });
    expect(await readOrder(buyer, orderNo)).toMatchObject({ onHold: false, refunds: [] });
  });

  test('RT-7 the window after receipt is the shop’s, by whose fault it is', async () => {
    const periods = { returnWithoutReason: 1, returnAtFault: 3_600 };
    const { buyer, orderNo } = await opened(periods, 'return_refund', { received: true, quantity: 1 });
    const [first] = (await buyer.get<{ cases: Case[] }>('/after-sales')).cases;
    await buyer.post(`/after-sales/${first?.caseNo}/actions`, { do: 'withdraw' });
    const line = [{ lineNo: 1, quantity: 1 }];
    const late = await eventually(async () => {
      const again = await applyFor(buyer, orderNo, 'return_refund', line, 'no_reason').catch(
        (error: unknown) => error,
      );
      if (again instanceof Error) return again;
      await buyer.post(`/after-sales/${(again as Case).caseNo}/actions`, { do: 'withdraw' });
      return undefined;
    }, 'the window to close');
    expect(late).toMatchObject({ code: 'return_window_over' });
    expect(await problemFrom(applyFor(buyer, orderNo, 'refund_only', line, 'wrong_size'))).toMatchObject({
      status: 409,
    });
    expect((await applyFor(buyer, orderNo, 'return_refund', line, 'damaged')).state).toBe('applied');
  });
});
