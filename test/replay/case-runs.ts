import { caseWorkflowId, orderWorkflowId } from '../../workflows/order/messages.ts';
import {
  applyFor,
  buyerActs,
  type Case,
  inspected,
  merchantActs,
  readCase,
  sentBack,
} from '../support/cases.ts';
import { givenShipped } from '../support/given.ts';
import { qimen } from '../support/providers.ts';
import { decided, givenInWarehouse } from '../support/warehouses.ts';
import { type Buyer, eventually, staff } from '../support/world.ts';

/** Cases in every state that one can be found in: workflow ids by the name of the history. */
export async function caseWorkflows(): Promise<Record<string, string>> {
  const merchant = await staff('merchant1');
  const applied = await given('return_refund');
  const waiting = await given('return_refund');
  const returning = await given('return_refund');
  const refunded = await given('return_refund');
  const exchanged = await given('exchange');
  const disputed = await given('refund_only');
  const decided = await given('refund_only', { evidence: 2 });
  const silent = await given('refund_only', { merchantAnswers: 2 });
  await merchantActs(merchant, waiting.caseNo, { do: 'agree', returnTo: '杭州' });
  for (const { buyer, caseNo } of [returning, refunded, exchanged]) await sentBack(buyer, merchant, caseNo);
  for (const { opened, caseNo } of [refunded, exchanged])
    await merchantActs(merchant, caseNo, inspected(opened));
  for (const { buyer, caseNo } of [disputed, decided]) {
    await merchantActs(merchant, caseNo, { do: 'reject', words: '无质量问题' });
    await buyerActs(buyer, caseNo, { do: 'dispute', words: '有裂纹' });
  }
  await until(decided, 'arbitration');
  const ruling = { outcome: 'dismiss', words: '证据不足' };
  await (await staff('customerService')).post(`/platform/after-sales/${decided.caseNo}/decisions`, ruling);
  await until(silent, 'refunded');
  const cases = { applied, waiting, returning, refunded, exchanged, disputed, decided, silent };
  const { replacementNo } = await readCase(exchanged.buyer, exchanged.caseNo);
  return {
    ...Object.fromEntries(
      Object.entries(cases).map(([name, { caseNo }]) => [`after-sale-${name}`, caseWorkflowId(caseNo)]),
    ),
    'after-sale-intercepting': caseWorkflowId(await intercepting()),
    'order-with-case': orderWorkflowId(applied.orderNo),
    'order-case-refunded': orderWorkflowId(silent.orderNo),
    'order-replacement': orderWorkflowId(replacementNo ?? ''),
  };
}

interface Given {
  buyer: Buyer;
  orderNo: string;
  caseNo: string;
  opened: Case;
}

async function given(kind: Case['kind'], periods: Record<string, number> = {}): Promise<Given> {
  const received = kind === 'exchange';
  const { buyer, orderNo } = await givenShipped({ shop: { afterSalePeriods: periods }, received });
  const opened = await applyFor(buyer, orderNo, { kind });
  return { buyer, orderNo, caseNo: opened.caseNo, opened };
}

const until = ({ buyer, caseNo }: Given, state: Case['state']) =>
  eventually(async () => (await readCase(buyer, caseNo)).state === state, `case ${caseNo} to be ${state}`);

/** Cancelled too late, and wanted back: the warehouse is asked to have its carrier intercept it. */
async function intercepting(): Promise<string> {
  const { buyer, orderNo, shipmentNo } = await givenInWarehouse();
  await qimen.faults({ refuseCancel: true, onlyOutTradeNo: shipmentNo });
  await buyer.post(`/orders/${orderNo}/cancellations`, { reason: 'changed my mind' });
  const { cancellationNo } = await decided(buyer, orderNo);
  await eventually(async () => {
    const { state } = await buyer.get<{ state: string }>(`/orders/${orderNo}`);
    return state === 'awaiting_receipt';
  }, `${orderNo} to leave`);
  const { caseNos } = await buyer.post<{ caseNos: string[] }>(`/orders/${orderNo}/cancellation-choices`, {
    ...{ cancellationNo, choice: 'return' },
  });
  return caseNos[0] as string;
}
