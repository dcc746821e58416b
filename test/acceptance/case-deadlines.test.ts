import { describe, expect, test } from 'vitest';
import type { AfterSalePeriods } from '../../domain/after-sale/deadlines.ts';
import {
  applyFor,
  buyerActs,
  type Case,
  caseIn,
  merchantActs,
  platformDecides,
  readCase,
  refunded,
  sentBack,
} from '../support/cases.ts';
import { givenShipped } from '../support/given.ts';
import { type Buyer, eventually, problemFrom, readOrder, staff, waitFor } from '../support/world.ts';

/** A case at a shop whose sides have as long as a test wants; times are in seconds. */
async function opened(
  periods: AfterSalePeriods,
  kind: Case['kind'],
  { received = false }: { received?: boolean } = {},
): Promise<{ buyer: Buyer; orderNo: string; caseNo: string }> {
  const shop = { afterSalePeriods: periods };
  const { buyer, orderNo } = await givenShipped({ shop, received });
  const { caseNo } = await applyFor(buyer, orderNo, { kind });
  return { buyer, orderNo, caseNo };
}

const lastAct = ({ log }: Case) => log.at(-1);

describe.concurrent('deadlines of a case', () => {
  test('RF-3 a merchant who does not answer has agreed to refund what was not signed for', async () => {
    const { buyer, orderNo, caseNo } = await opened({ merchantAnswers: 2 }, 'refund_only');
    const { dueAt, openedAt } = await readCase(buyer, caseNo);
    expect(Date.parse(dueAt ?? '') - Date.parse(openedAt)).toBe(2_000);
    const over = await caseIn(buyer, caseNo, 'refunded');
    expect(lastAct(over)).toMatchObject({ action: 'time_over', actor: 'system', fromState: 'applied' });
    expect(Date.parse(over.endedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(dueAt ?? ''));
    const order = await refunded(buyer, orderNo, 10_000);
    expect(order.state).toBe('closed');
  });

  test('RF-3 RT-3 decision-30 silence never refunds what was received without its return: the platform joins, and decides when the evidence is in', async () => {
    const periods = { merchantAnswers: 2, evidence: 2 };
    const { buyer, orderNo, caseNo } = await opened(periods, 'refund_only', { received: true });
    await caseIn(buyer, caseNo, 'disputed');
    await caseIn(buyer, caseNo, 'arbitration');
    const service = await staff('customerService');
    expect((await readCase(service, caseNo)).actions).toEqual(['decide']);
    await platformDecides(service, caseNo, { outcome: 'dismiss', words: '证据不足' });
    expect(await caseIn(buyer, caseNo, 'closed')).toMatchObject({ outcome: 'dismissed' });
    expect(await readOrder(buyer, orderNo)).toMatchObject({ state: 'completed', onHold: false, refunds: [] });
  });

  test('RF-3 RT-4 a return nobody answers is agreed; not sent back in time it closes, and the clock of the order runs on', async () => {
    const periods = { merchantAnswers: 2, buyerSendsBack: 2 };
    const { buyer, orderNo, caseNo } = await opened(periods, 'return_refund');
    expect((await readOrder(buyer, orderNo)).autoReceiptAt).toBeNull();
    await caseIn(buyer, caseNo, 'awaiting_parcel');
    expect(await caseIn(buyer, caseNo, 'closed')).toMatchObject({ outcome: 'not_sent_back' });
    const order = await waitFor(buyer, orderNo, ({ onHold }) => !onHold);
    expect(order).toMatchObject({ state: 'awaiting_receipt', refunds: [] });
    expect(order.autoReceiptAt).not.toBeNull();
  });

  test('RT-6 what is on its way back and that nobody inspects is refunded', async () => {
    const { buyer, orderNo, caseNo } = await opened({ parcelArrives: 2 }, 'return_refund');
    await sentBack(buyer, await staff('merchant1'), caseNo);
    const over = await caseIn(buyer, caseNo, 'refunded');
    expect(lastAct(over)).toMatchObject({ action: 'time_over', fromState: 'returning' });
    await refunded(buyer, orderNo, 10_000);
  });

  test.each([
    ['rejected', { do: 'reject', words: '无质量问题' }],
    ['countered', { do: 'offer', amountFen: 1_000 }],
  ])('RT-3 what was %s and nobody takes further ends', async (_state, command) => {
    const periods = { buyerAnswers: 2, someoneDisputes: 2 };
    const { buyer, orderNo, caseNo } = await opened(periods, 'refund_only');
    await merchantActs(await staff('merchant1'), caseNo, command);
    expect(await caseIn(buyer, caseNo, 'closed')).toMatchObject({ outcome: 'not_disputed' });
    expect(await readOrder(buyer, orderNo)).toMatchObject({ onHold: false, refunds: [] });
  });

  test('RT-5 an inspection that failed and that nobody disputes ends without a refund', async () => {
    const { buyer, orderNo, caseNo } = await opened({ someoneDisputes: 2 }, 'return_refund');
    const merchant = await staff('merchant1');
    await sentBack(buyer, merchant, caseNo);
    await merchantActs(merchant, caseNo, { do: 'fail', words: '已使用' });
    expect(await caseIn(buyer, caseNo, 'closed')).toMatchObject({ outcome: 'not_disputed' });
    expect(await readOrder(buyer, orderNo)).toMatchObject({ onHold: false, refunds: [] });
  });

  test('RT-7 the window after receipt is the shop’s, by whose fault it is', async () => {
    const periods = { returnWithoutReason: 1, returnAtFault: 3_600 };
    const { buyer, orderNo, caseNo } = await opened(periods, 'return_refund', { received: true });
    await buyerActs(buyer, caseNo, { do: 'withdraw' });
    const late = await eventually(async () => {
      const again = await applyFor(buyer, orderNo, { reason: 'no_reason' }).catch((error: unknown) => error);
      if (again instanceof Error) return again;
      await buyerActs(buyer, (again as Case).caseNo, { do: 'withdraw' });
      return undefined;
    }, 'the window to close');
    expect(late).toMatchObject({ code: 'return_window_over' });
    expect(
      await problemFrom(applyFor(buyer, orderNo, { kind: 'refund_only', reason: 'wrong_size' })),
    ).toMatchObject({
      status: 409,
    });
    expect((await applyFor(buyer, orderNo, { reason: 'damaged' })).state).toBe('applied');
  });
});
