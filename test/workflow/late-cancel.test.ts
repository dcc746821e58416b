import { expect, test } from 'vitest';
import type { Bench } from '../contract/qimen-fixture.ts';
import { caseIn, readCase } from '../support/cases.ts';
import { paidInWarehouse, useWarehouse } from '../support/in-lab.ts';
import { DAYS, HOURS, type Lab, MINUTES } from '../support/lab.ts';
import { decided, pushed } from '../support/warehouses.ts';
import { type Buyer, readOrder, waitFor } from '../support/world.ts';

let lab: Lab;
let warehouse: Bench;
useWarehouse((opened) => {
  ({ lab, warehouse } = opened);
});

/** An order whose cancel was refused: its warehouse handed it over when it was asked to stop it. */
async function refused(): Promise<{ buyer: Buyer; orderNo: string; choose: () => Promise<string> }> {
  const { buyer, orderNo } = await paidInWarehouse({ autoReceiptSeconds: 10 * 86_400 });
  await pushed(buyer, orderNo);
  await warehouse.fault({ refuseCancel: true, onlyOutTradeNo: `${orderNo}S1`, times: 1 });
  await buyer.post(`/orders/${orderNo}/cancellations`, {});
  const { cancellationNo, state } = await decided(buyer, orderNo);
  expect(state).toBe('refused');
  await waitFor(buyer, orderNo, (order) => order.state === 'awaiting_receipt');
  const choose = async () => {
    const choice = { cancellationNo, choice: 'return' };
    const { caseNos } = await buyer.post<{ caseNos: string[] }>(
      `/orders/${orderNo}/cancellation-choices`,
      choice,
    );
    return caseNos[0] as string;
  };
  return { buyer, orderNo, choose };
}

test('CN-6 a warehouse that does not answer is asked again until the carrier was told', async () => {
  const { buyer, orderNo, choose } = await refused();
  lab.systems.set('qimen', warehouse.adapter({ gateway: 'http://127.0.0.1:9/qimen/router' }));
  await warehouse.fault({ tmsCancel: 'succeeds', onlyOutTradeNo: `${orderNo}S1` });
  const caseNo = await choose();
  await lab.skip(MINUTES(1));
  expect((await readCase(buyer, caseNo)).state).toBe('intercepting');
  lab.systems.set('qimen', warehouse.warehouse);
  await lab.skip(MINUTES(3));
  await caseIn(buyer, caseNo, 'returning');
});

test('CN-6 ST-3 a carrier that is silent for two days cannot be waited for: the buyer sends it back in time, or the order goes on', async () => {
  const { buyer, orderNo, choose } = await refused();
  const caseNo = await choose();
  await lab.skip(HOURS(47));
  expect((await readCase(buyer, caseNo)).state).toBe('intercepting');
  expect(await readOrder(buyer, orderNo)).toMatchObject({ onHold: true, autoReceiptAt: null });
  await lab.skip(HOURS(1) + 1_000);
  await caseIn(buyer, caseNo, 'awaiting_parcel');
  await lab.skip(DAYS(15) - HOURS(1));
  expect((await readCase(buyer, caseNo)).state).toBe('awaiting_parcel');
  await lab.skip(HOURS(1) + 1_000);
  expect(await caseIn(buyer, caseNo, 'closed')).toMatchObject({ outcome: 'not_sent_back' });
  const order = await waitFor(buyer, orderNo, ({ onHold }) => !onHold);
  expect(order).toMatchObject({ state: 'awaiting_receipt', refunds: [] });
  const leftMs = Date.parse(order.autoReceiptAt ?? '') - lab.now().getTime();
  expect(Math.abs(leftMs - DAYS(10))).toBeLessThan(HOURS(1));
});
