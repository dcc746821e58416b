import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { beforeAll, expect, test } from 'vitest';
import { ShopClient } from '../../cli/shop-client.ts';
import * as t from '../../db/schema/index.ts';
import { DEFAULT_REFUND_POLICY } from '../../domain/order/refund-policy.ts';
import { logIn } from '../../sandbox/identity/client.ts';
import { type LogRow, logOf } from '../support/books.ts';
import { applyFor, buyerActs, caseWhen, merchantActs, platformDecides, readCase } from '../support/cases.ts';
import {
  type Buyer,
  database,
  givenShop,
  givenSku,
  newBuyer,
  pay,
  problemFrom,
  readOrder,
  ship,
  stack,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

interface Proposal {
  proposalNo: string;
  amountFen: number;
  caseNo: string | null;
  proposedBy: string;
  state: string;
  workItemId: string;
  decidedBy: string | null;
  words: string | null;
}

let [service, finance, supervisor]: ShopClient[] = [];
beforeAll(async () => {
  [service, finance] = [await staff('customerService'), await staff('finance')];
  // Customer service and finance in one person.
  const { accessToken } = await logIn(stack().issuerUrl, '13900000014');
  supervisor = new ShopClient(stack().apiUrl, accessToken);
});
const people = () => ({
  service: service as ShopClient,
  finance: finance as ShopClient,
  supervisor: supervisor as ShopClient,
});

const subOf = ({ token }: ShopClient): string =>
  (JSON.parse(Buffer.from((token as string).split('.')[1] ?? '', 'base64url').toString()) as { sub: string })
    .sub;

/** A paid order over 10,000.00; 30.00 are taken off by the promotion of the stack's catalogue. */
async function givenLarge(): Promise<{ buyer: Buyer; orderNo: string }> {
  const buyer = await newBuyer();
  const orderNo = await submit(buyer, {
    [await givenSku(await givenShop(), 5, { priceFen: 1_003_000n })]: 1,
  });
  await pay(buyer, orderNo);
  return { buyer, orderNo };
}

const ask = (client: ShopClient, orderNo: string, amountFen?: number, key?: string) =>
  client.post<{ result: string; proposalNo: string }>(
    `/platform/orders/${orderNo}/refunds`,
    { reason: '商品瑕疵', ...(amountFen === undefined ? {} : { amountFen }) },
    key,
  );

const proposalsOf = async (orderNo: string): Promise<Proposal[]> =>
  (await people().service.get<{ proposals: Proposal[] }>(`/platform/orders/${orderNo}/refund-proposals`))
    .proposals;

async function onlyProposal(orderNo: string): Promise<Proposal> {
  const proposals = await proposalsOf(orderNo);
  expect(proposals).toHaveLength(1);
  return proposals[0] as Proposal;
}

const decide = (
  client: ShopClient,
  { workItemId }: Proposal,
  decision: 'approve' | 'refuse',
  words = '已核实',
) => client.post<{ outcome: string }>(`/platform/work-items/${workItemId}/decisions`, { decision, words });

const openItems = async () =>
  (await people().finance.get<{ workItems: { workItemId: string }[] }>('/platform/work-items')).workItems;

const rowsOf = async (orderNo: string, action: string): Promise<LogRow[]> =>
  (await logOf(people().finance, orderNo)).filter((row) => row.action === action);

test('RF-8 a large refund by staff is proposed, moves nothing, and is approved by another person: exactly what was asked, with both names in the log', async () => {
  const { service, finance, supervisor } = people();
  const { buyer, orderNo } = await givenLarge();
  const key = randomUUID();
  const asked = await ask(service, orderNo, 600_000, key);
  expect(asked).toEqual({ proposalNo: expect.any(String), orderNo, result: 'proposed' });
  expect(await ask(service, orderNo, 600_000, key)).toEqual(asked);
  expect(await problemFrom(ask(service, orderNo, 700_000, key))).toMatchObject({
    code: 'idempotency_key_reused',
  });
  expect(await readOrder(buyer, orderNo)).toMatchObject({ state: 'awaiting_shipment', refunds: [] });
  const proposal = await onlyProposal(orderNo);
  const [proposedBy, decidedBy] = [`platform:${subOf(service)}`, `platform:${subOf(finance)}`];
  expect(proposal).toMatchObject({ amountFen: 600_000, state: 'open', proposedBy, decidedBy: null });
  expect((await openItems()).find(({ workItemId }) => workItemId === proposal.workItemId)).toMatchObject({
    ...{ kind: 'refund_approval', ownerRole: 'finance', waysOut: ['approve', 'refuse'], orderNo },
    reason: expect.stringContaining('CNY 6000.00'),
  });
  expect(await problemFrom(decide(service, proposal, 'approve'))).toMatchObject({ code: 'role_missing' });

  expect(await decide(finance, proposal, 'approve')).toMatchObject({ outcome: 'approve' });
  await waitFor(buyer, orderNo, ({ amounts }) => amounts.refundedFen === 600_000, 30_000);
  expect(await onlyProposal(orderNo)).toMatchObject({ state: 'approved', decidedBy, words: '已核实' });
  expect((await openItems()).map(({ workItemId }) => workItemId)).not.toContain(proposal.workItemId);
  const { proposalNo } = proposal;
  expect(await rowsOf(orderNo, 'refund')).toMatchObject([
    { actor: proposedBy, input: { amountFen: 600_000, approval: { proposalNo, by: decidedBy } } },
  ]);
  expect(JSON.stringify(await logOf(buyer, orderNo))).not.toMatch(/已核实|propose_refund/);

  // Once more: the same person is answered alike, another one is told who decided.
  expect(await decide(finance, proposal, 'approve')).toMatchObject({ outcome: 'approve' });
  expect(await problemFrom(decide(supervisor, proposal, 'approve'))).toMatchObject({
    code: 'already_decided',
    body: { outcome: 'approved', decidedBy },
  });
  expect((await readOrder(buyer, orderNo)).refunds).toHaveLength(1);
});

test('RF-8 who asked does not decide, in whatever role; somebody else refuses with words, and nothing has moved', async () => {
  const { finance, supervisor } = people();
  const { buyer, orderNo } = await givenLarge();
  // All that is left, asked for by one who has both roles.
  await ask(supervisor, orderNo);
  const proposal = await onlyProposal(orderNo);
  expect(proposal).toMatchObject({ amountFen: 1_000_000 });
  for (const decision of ['approve', 'refuse'] as const)
    expect(await problemFrom(decide(supervisor, proposal, decision))).toMatchObject({
      ...{ status: 403, code: 'own_proposal' },
    });
  await decide(finance, proposal, 'refuse', '金额与凭证不符');
  const by = { decidedBy: `platform:${subOf(finance)}`, proposedBy: `platform:${subOf(supervisor)}` };
  expect(await onlyProposal(orderNo)).toMatchObject({ state: 'refused', words: '金额与凭证不符', ...by });
  expect(await rowsOf(orderNo, 'refuse_refund')).toMatchObject([
    { actor: by.decidedBy, input: { proposedBy: by.proposedBy, words: '金额与凭证不符' } },
  ]);
  expect(await decide(finance, proposal, 'refuse')).toMatchObject({ outcome: 'refuse' });
  expect(await problemFrom(decide(finance, proposal, 'approve'))).toMatchObject({ code: 'already_decided' });
  expect((await readOrder(buyer, orderNo)).refunds).toEqual([]);
  // Finance's own, too.
  await ask(finance, orderNo, 500_000);
  const own = (await proposalsOf(orderNo)).at(-1) as Proposal;
  expect(await problemFrom(decide(finance, own, 'approve'))).toMatchObject({ code: 'own_proposal' });
});

test('RF-8 approved by two at once it moves once; below the amount nobody is asked', async () => {
  const { service, finance, supervisor } = people();
  const { buyer, orderNo } = await givenLarge();
  await ask(service, orderNo, 500_000);
  const proposal = await onlyProposal(orderNo);
  const outcomes = await Promise.allSettled(
    [finance, supervisor, finance, supervisor].map((client) => decide(client, proposal, 'approve')),
  );
  const codes = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []));
  expect(new Set(codes)).toEqual(new Set(codes.length > 0 ? ['already_decided'] : []));
  await waitFor(buyer, orderNo, ({ amounts }) => amounts.refundedFen === 500_000, 30_000);
  expect((await ask(service, orderNo, 499_999)).result).not.toBe('proposed');
  const order = await waitFor(buyer, orderNo, ({ amounts }) => amounts.refundedFen === 999_999, 30_000);
  expect(order.refunds).toHaveLength(2);
});

test('RF-8 an order that changed meanwhile: approving moves nothing and says why, and the proposal can still be refused', async () => {
  const { service, finance } = people();
  const { buyer, orderNo } = await givenLarge();
  await ask(service, orderNo, 600_000);
  await ask(service, orderNo, 450_000);
  await waitFor(buyer, orderNo, ({ amounts }) => amounts.refundedFen === 450_000, 30_000);
  const [proposal] = (await proposalsOf(orderNo)) as [Proposal];
  expect(await problemFrom(decide(finance, proposal, 'approve'))).toMatchObject({
    ...{ code: 'more_than_paid', body: { refundableFen: 550_000 } },
  });
  expect(await onlyProposal(orderNo)).toMatchObject({ state: 'open' });
  await decide(finance, proposal, 'refuse', '已部分退款');
  expect(await onlyProposal(orderNo)).toMatchObject({ state: 'refused' });
  expect((await readOrder(buyer, orderNo)).amounts.refundedFen).toBe(450_000);
});

test('RT-3 a ruling that gives much back is proposed by who rules and carried out by another person’s approval; one that gives nothing is not', async () => {
  const { service, finance } = people();
  const merchant = await staff('merchant1');
  const disputed = async () => {
    const { buyer, orderNo } = await givenLarge();
    await ship(merchant, orderNo);
    const application = { kind: 'refund_only', reason: 'not_as_described' } as const;
    const { caseNo } = await applyFor(buyer, orderNo, application);
    await merchantActs(merchant, caseNo, { do: 'reject', words: '描述相符' });
    await buyerActs(buyer, caseNo, { do: 'dispute', words: '完全不同' });
    return { buyer, orderNo, caseNo };
  };
  const rule = (caseNo: string, ruling: object) => platformDecides(service, caseNo, ruling);
  const ended = (of: { buyer: Buyer; caseNo: string }) =>
    caseWhen(of.buyer, of.caseNo, ({ endedAt }) => endedAt !== null);

  const { buyer, orderNo, caseNo } = await disputed();
  expect(await rule(caseNo, { outcome: 'refund' })).toMatchObject({ result: 'proposed' });
  expect(await readCase(buyer, caseNo)).toMatchObject({ state: 'disputed' });
  const proposal = await onlyProposal(orderNo);
  expect(proposal).toMatchObject({ amountFen: 1_000_000, caseNo });
  await decide(finance, proposal, 'approve');
  const ruled = await ended({ buyer, caseNo });
  expect(ruled).toMatchObject({ state: 'refunded', refundedFen: 1_000_000 });
  const ruler = `platform:${subOf(service)}`;
  expect(ruled.log.at(-1)).toMatchObject({ action: 'decide', actor: ruler, words: '证据充分' });
  expect(await rowsOf(orderNo, 'after_sale')).toContainEqual(
    expect.objectContaining({
      actor: ruler,
      input: expect.objectContaining({
        approval: { proposalNo: proposal.proposalNo, by: `platform:${subOf(finance)}` },
      }),
    }),
  );
  await waitFor(
    buyer,
    orderNo,
    ({ state, amounts }) => state === 'closed' && amounts.refundedFen === 1_000_000,
    30_000,
  );

  const dismissed = await disputed();
  expect((await rule(dismissed.caseNo, { outcome: 'dismiss' })).result).not.toBe('proposed');
  const partly = await disputed();
  expect((await rule(partly.caseNo, { outcome: 'refund', amountFen: 499_999 })).result).not.toBe('proposed');
  // Ruled otherwise while a proposal was open: approving says that the case is over.
  const overtaken = await disputed();
  await rule(overtaken.caseNo, { outcome: 'refund', amountFen: 500_000 });
  await rule(overtaken.caseNo, { outcome: 'dismiss' });
  await ended(overtaken);
  const late = await onlyProposal(overtaken.orderNo);
  expect(await problemFrom(decide(finance, late, 'approve'))).toMatchObject({ code: 'case_over' });
  expect((await readOrder(overtaken.buyer, overtaken.orderNo)).refunds).toEqual([]);
  await decide(finance, late, 'refuse');
});

test('RF-8 the amount is data: a merchant’s goodwill of so much waits for finance, within the merchant’s limit', async () => {
  const merchant = await staff('merchant1');
  const { finance } = people();
  const { buyer, orderNo } = await givenLarge();
  const policyId = 'platform';
  const policy = { ...DEFAULT_REFUND_POLICY, policyId, secondPersonFromFen: 30_000n };
  const goodwill = { kind: 'goodwill', amountFen: 30_000, reason: 'quality', words: '补偿' };
  await database().insert(t.refundPolicies).values(policy);
  try {
    expect(await merchant.post(`/merchant/orders/${orderNo}/goodwill`, goodwill)).toMatchObject({
      result: 'proposed',
    });
    await decide(finance, await onlyProposal(orderNo), 'approve');
    const order = await waitFor(buyer, orderNo, ({ amounts }) => amounts.refundedFen === 30_000, 30_000);
    expect(order.state).toBe('awaiting_shipment');
  } finally {
    await database().delete(t.refundPolicies).where(eq(t.refundPolicies.policyId, policyId));
  }
});
