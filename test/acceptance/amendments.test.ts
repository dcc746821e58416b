import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import type { ShopClient } from '../../cli/shop-client.ts';
import { startPush } from '../../db/commands/fulfilment.ts';
import { loadShipment } from '../../db/queries/fulfilment.ts';
import * as t from '../../db/schema/index.ts';
import { logOf, noticesOf } from '../support/books.ts';
import { givenJoint } from '../support/joint.ts';
import {
  ADDRESS,
  type Buyer,
  database,
  givenShop,
  givenSku,
  newBuyer,
  pay,
  problemFrom,
  readOrder,
  ship,
  staff,
  submit,
} from '../support/world.ts';

/** FU-6: where an order goes may change until someone works by it; what people write beside it. */

interface Amendment {
  orderNo: string;
  amended: { orderNo: string; addressVersion: number }[];
}
interface Version {
  orderNo: string;
  version: number;
  region: string;
  contact: typeof CONTACT;
  changedBy: string;
  at: string;
}
interface Note {
  noteId: number;
  orderNo: string;
  kind: string;
  text: string;
  author: string;
  at: string;
}

const { region: REGION, ...CONTACT } = ADDRESS;

const amend = (buyer: ShopClient, orderNo: string, change: Partial<typeof ADDRESS>, key?: string) =>
  buyer.put<Amendment>(`/orders/${orderNo}/address`, { ...ADDRESS, ...change }, key);
const versionsOf = async (client: ShopClient, orderNo: string) =>
  (await client.get<{ addresses: Version[] }>(`/orders/${orderNo}/addresses`)).addresses;
const notesOf = async (client: ShopClient, orderNo: string) =>
  (await client.get<{ notes: Note[] }>(`/orders/${orderNo}/notes`)).notes;
const amendmentsOf = async (client: ShopClient, orderNo: string) =>
  (await logOf(client, orderNo)).filter(({ action }) => action === 'amend_address');

async function oneOrder(): Promise<{ buyer: Buyer; orderNo: string }> {
  const buyer = await newBuyer();
  return { buyer, orderNo: await submit(buyer, { [await givenSku(await givenShop(), 10)]: 1 }) };
}

/** A shipment that is planned for a warehouse, gone when `use` is done. */
async function withPlanned(orderNo: string, use: (shipmentNo: string) => Promise<void>): Promise<void> {
  const shipmentNo = `${orderNo}-X`;
  await database()
    .insert(t.shipments)
    .values({ shipmentNo, orderNo, rootNo: orderNo, stage: 'planned', warehouseId: 'W1' });
  await use(shipmentNo).finally(() =>
    database().delete(t.shipments).where(eq(t.shipments.shipmentNo, shipmentNo)),
  );
}

test('FU-6 before payment and before shipment the buyer changes the address: a version each, traced and told', async () => {
  const { buyer, orderNo } = await oneOrder();
  const [merchant, service] = [await staff('merchant1'), await staff('customerService')];
  expect(await readOrder(buyer, orderNo)).toMatchObject({ contact: CONTACT, addressVersion: 0 });
  expect(await amend(buyer, orderNo, { phone: '13800000077', street: '张杨路 7 号' })).toEqual({
    orderNo,
    amended: [{ orderNo, addressVersion: 1 }],
  });
  await pay(buyer, orderNo);
  expect(await amend(buyer, orderNo, { name: '李雷', street: '张杨路 8 号' })).toEqual({
    orderNo,
    amended: [{ orderNo, addressVersion: 2 }],
  });

  const now = { contact: { ...CONTACT, name: '李雷', street: '张杨路 8 号' }, addressVersion: 2 };
  for (const client of [buyer, merchant, service])
    expect(await readOrder(client, orderNo)).toMatchObject(now);
  const { orders } = await merchant.get<{ orders: { orderNo: string }[] }>('/merchant/orders');
  expect(orders.find((order) => order.orderNo === orderNo)).toMatchObject(now);

  for (const client of [buyer, service]) {
    const versions = await versionsOf(client, orderNo);
    expect(versions).toMatchObject([
      { orderNo, version: 0, region: REGION, contact: CONTACT },
      { orderNo, version: 1, contact: { ...CONTACT, phone: '13800000077', street: '张杨路 7 号' } },
      { orderNo, version: 2, contact: now.contact },
    ]);
    expect(new Set(versions.map(({ changedBy }) => changedBy))).toEqual(new Set([`buyer:${buyer.sub}`]));
    expect(versions.map(({ at }) => at)).toEqual(versions.map(({ at }) => at).sort());
  }
  expect((await problemFrom(versionsOf(merchant, orderNo))).status).toBe(404);

  expect(
    (await amendmentsOf(buyer, orderNo)).map(({ actor, fromState, toState, input }) => [
      actor,
      fromState,
      toState,
      input,
    ]),
  ).toEqual([
    [
      `buyer:${buyer.sub}`,
      'awaiting_payment',
      'awaiting_payment',
      { version: 1, fields: ['phone', 'street'] },
    ],
    [
      `buyer:${buyer.sub}`,
      'awaiting_shipment',
      'awaiting_shipment',
      { version: 2, fields: ['name', 'phone', 'street'] },
    ],
  ]);
  expect(JSON.stringify(await logOf(service, orderNo))).not.toMatch(/李雷|张杨路|13800000077/);
  expect(await noticesOf(merchant, orderNo)).toEqual(
    expect.arrayContaining(['address_amended:1', 'address_amended:2']),
  );
});

test('FU-6 SB-4 the snapshot stays, the versions are added to only, and neither can be read in the database', async () => {
  const { buyer, orderNo } = await oneOrder();
  const snapshot = async () =>
    (await database().select().from(t.orders).where(eq(t.orders.orderNo, orderNo)))[0]?.sealedContact;
  const before = await snapshot();
  await amend(buyer, orderNo, { street: '张杨路 9 号' });
  expect(await snapshot()).toEqual(before);
  const mine = eq(t.orderAddresses.orderNo, orderNo);
  const [row] = await database().select().from(t.orderAddresses).where(mine);
  expect(row?.sealedContact.toString('utf8')).not.toContain('张杨路');
  for (const change of [
    () => database().update(t.orderAddresses).set({ region: '32' }).where(mine),
    () => database().delete(t.orderAddresses).where(mine),
    () => database().delete(t.orderNotes).where(eq(t.orderNotes.orderNo, orderNo)),
  ])
    await expect(change()).rejects.toMatchObject({ cause: { code: 'DD002' } });
});

test('FU-6 CK-7 the province stays as it was priced, and the refusal says the way out', async () => {
  const { buyer, orderNo } = await oneOrder();
  const refused = await problemFrom(amend(buyer, orderNo, { region: '44', province: '广东省' }));
  expect(refused).toMatchObject({ status: 409, code: 'region_changed', body: { region: REGION } });
  expect(refused.body['title']).toContain('cancel the order and order again');
  expect(await problemFrom(amend(buyer, orderNo, { phone: '123' }))).toMatchObject({ status: 400 });
  expect(await versionsOf(buyer, orderNo)).toHaveLength(1);
});

test('FU-6 not after it was shipped or cancelled, and nobody else’s', async () => {
  const [shipped, cancelled] = [await oneOrder(), await oneOrder()];
  const merchant = await staff('merchant1');
  await pay(shipped.buyer, shipped.orderNo);
  await ship(merchant, shipped.orderNo);
  await cancelled.buyer.post(`/orders/${cancelled.orderNo}/cancellations`);
  for (const [{ buyer, orderNo }, state] of [
    [shipped, 'awaiting_receipt'],
    [cancelled, 'cancelled'],
  ] as const) {
    expect(await problemFrom(amend(buyer, orderNo, { street: '晚了' }))).toMatchObject({
      status: 409,
      code: 'not_amendable',
      body: { state },
    });
    expect(await versionsOf(buyer, orderNo)).toHaveLength(1);
    expect(await amendmentsOf(buyer, orderNo)).toEqual([]);
  }
  const open = await oneOrder();
  for (const other of [await newBuyer(), merchant, await staff('customerService')])
    expect((await problemFrom(amend(other, open.orderNo, { street: '别处' }))).status).toBe(404);
  expect((await problemFrom(versionsOf(await newBuyer(), open.orderNo))).status).toBe(404);
});

test('FU-6 a planned shipment still lets it change; once its warehouse is being told, nothing does', async () => {
  const { buyer, orderNo } = await oneOrder();
  await pay(buyer, orderNo);
  await withPlanned(orderNo, async (shipmentNo) => {
    await amend(buyer, orderNo, { street: '张杨路 1 号' });
    expect(await startPush(database(), shipmentNo, new Date())).toBe(true);
    const refused = await problemFrom(amend(buyer, orderNo, { street: '张杨路 2 号' }));
    expect(refused).toMatchObject({
      code: 'not_amendable',
      body: { state: 'awaiting_shipment', detail: expect.stringContaining('a warehouse may know it') },
    });
    const { actions, addressVersion } = await readOrder(buyer, orderNo);
    expect(actions.map(({ action }) => action)).not.toContain('amend_address');
    expect(addressVersion).toBe(1);
  });
});

test('FU-6 a change and a push at once: the warehouse is told the new address, or the change is refused', async () => {
  const { buyer, orderNo } = await oneOrder();
  await pay(buyer, orderNo);
  const outcomes = new Set<string>();
  for (let version = 1; version <= 20; version++) {
    await withPlanned(orderNo, async (shipmentNo) => {
      const { addressVersion } = await readOrder(buyer, orderNo);
      const push = async () => {
        // A little later each time, so that they meet in different places.
        for (let reads = 0; reads < version; reads++) await loadShipment(database(), shipmentNo);
        await startPush(database(), shipmentNo, new Date());
        return (await loadShipment(database(), shipmentNo)).sealedContact;
      };
      const changed = amend(buyer, orderNo, { street: `路 ${version}` }).then(
        () => 'changed',
        (problem: { code: string }) => problem.code,
      );
      const [outcome, told] = await Promise.all([changed, push()]);
      outcomes.add(outcome);
      const newest = (await loadShipment(database(), shipmentNo)).sealedContact;
      expect(told.equals(newest)).toBe(true);
      const expected = outcome === 'changed' ? addressVersion + 1 : addressVersion;
      expect((await readOrder(buyer, orderNo)).addressVersion).toBe(expected);
    });
  }
  expect([...outcomes].filter((outcome) => !['changed', 'not_amendable'].includes(outcome))).toEqual([]);
});

test('FU-6 SP-2 on a joint order all children change that still can', async () => {
  const { buyer, orderNo, first, second } = await givenJoint();
  const all = await amend(buyer, orderNo, { street: '张杨路 3 号' });
  expect(all.amended).toEqual(
    [
      { orderNo: first, addressVersion: 1 },
      { orderNo: second, addressVersion: 1 },
    ].sort((a, b) => a.orderNo.localeCompare(b.orderNo)),
  );
  const both = await readOrder(buyer, orderNo);
  expect(both).toMatchObject({ addressVersion: 1, contact: { street: '张杨路 3 号' } });
  expect(both.children.map(({ contact }) => contact?.street)).toEqual(['张杨路 3 号', '张杨路 3 号']);

  await amend(buyer, second, { street: '张杨路 4 号' });
  await pay(buyer, orderNo);
  await ship(await staff('merchant1'), first);
  expect((await readOrder(buyer, orderNo)).actions.map(({ action }) => action)).toContain('amend_address');
  expect((await amend(buyer, orderNo, { street: '张杨路 5 号' })).amended).toEqual([
    { orderNo: second, addressVersion: 3 },
  ]);
  const { children } = await readOrder(buyer, orderNo);
  expect(children.find((child) => child.orderNo === first)).toMatchObject({
    contact: { street: '张杨路 3 号' },
  });
  expect((await versionsOf(buyer, orderNo)).map((row) => [row.orderNo === first, row.version])).toEqual(
    expect.arrayContaining([
      [true, 1],
      [false, 3],
    ]),
  );
  const m2 = await staff('merchant2');
  expect((await readOrder(m2, second)).contact?.street).toBe('张杨路 5 号');
  expect(await noticesOf(m2, second)).toContain('address_amended:3');
  expect((await problemFrom(notesOf(m2, first))).status).toBe(404);

  await m2.post(`/merchant/orders/${second}/review`, { decision: 'confirm' });
  await ship(m2, second);
  expect(await problemFrom(amend(buyer, orderNo, { street: '晚了' }))).toMatchObject({
    code: 'not_amendable',
    body: { state: 'awaiting_receipt' },
  });
});

test('FU-6 SB-6 the same request is one version; the address it has already is none', async () => {
  const { buyer, orderNo } = await oneOrder();
  const key = randomUUID();
  const same = () => amend(buyer, orderNo, { street: '张杨路 6 号' }, key);
  const answers = await Promise.all([same(), same(), same()]);
  expect(answers).toEqual(answers.map(() => ({ orderNo, amended: [{ orderNo, addressVersion: 1 }] })));
  expect(await problemFrom(amend(buyer, orderNo, { street: '另一条' }, key))).toMatchObject({
    status: 422,
    code: 'idempotency_key_reused',
  });
  expect((await amend(buyer, orderNo, { street: '张杨路 6 号' })).amended).toEqual([]);
  const keyless = await buyer.raw('PUT', `/orders/${orderNo}/address`, ADDRESS);
  expect([keyless.status, ((await keyless.json()) as { code: string }).code]).toEqual([
    400,
    'idempotency_key_missing',
  ]);
  expect(await amendmentsOf(buyer, orderNo)).toHaveLength(1);
  await amend(buyer, orderNo, { street: '张杨路 7 号' });
  await buyer.post(`/orders/${orderNo}/cancellations`);
  expect(await same()).toEqual(answers[0]);
});

test('FU-6 changes at once are versions one after the other, beside the payment', async () => {
  const { buyer, orderNo } = await oneOrder();
  const streets = ['甲', '乙', '丙', '丁', '戊', '己'].map((name) => `${name}路 1 号`);
  const [answers] = await Promise.all([
    Promise.all(streets.map((street) => amend(buyer, orderNo, { street }))),
    pay(buyer, orderNo),
  ]);
  expect(answers.map(({ amended }) => amended[0]?.addressVersion).sort()).toEqual([1, 2, 3, 4, 5, 6]);
  const versions = await versionsOf(buyer, orderNo);
  expect(versions.map(({ version }) => version)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(
    versions
      .slice(1)
      .map(({ contact }) => contact.street)
      .sort(),
  ).toEqual([...streets].sort());
  const order = await readOrder(buyer, orderNo);
  expect(order).toMatchObject({ state: 'awaiting_shipment', contact: versions.at(-1)?.contact });
});

test('FU-6 the buyer writes to the merchant, who is told; the merchant’s own notes stay its own', async () => {
  const { buyer, orderNo } = await oneOrder();
  const [merchant, service] = [await staff('merchant1'), await staff('customerService')];
  const key = randomUUID();
  const send = (text: string, withKey?: string) =>
    buyer.post<Note>(`/orders/${orderNo}/messages`, { text }, withKey);
  const answers = await Promise.all([send('请放门口', key), send('请放门口', key)]);
  expect(answers[0]).toEqual(answers[1]);
  expect(answers[0]).toMatchObject({ orderNo, kind: 'buyer_message', text: '请放门口' });
  expect(await problemFrom(send('别的', key))).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
  const second = await send('  不要辣  ');
  const note = await merchant.post<Note>(`/merchant/orders/${orderNo}/notes`, { text: '老客户' });

  const texts = async (client: ShopClient) =>
    (await notesOf(client, orderNo)).map(({ kind, text, author }) => [kind, text, author.split(':')[0]]);
  const messages = [
    ['buyer_message', '请放门口', 'buyer'],
    ['buyer_message', '不要辣', 'buyer'],
  ];
  const everything = [...messages, ['merchant_note', '老客户', 'merchant']];
  expect(await texts(buyer)).toEqual(messages);
  expect(await texts(merchant)).toEqual(everything);
  expect(await texts(service)).toEqual(everything);
  expect((await noticesOf(merchant, orderNo)).filter((event) => event.startsWith('buyer_message'))).toEqual([
    `buyer_message:${second.noteId}`,
    `buyer_message:${answers[0]?.noteId}`,
  ]);
  for (const client of [buyer, merchant])
    expect(await noticesOf(client, orderNo)).not.toContain(`merchant_note:${note.noteId}`);

  const notesPath = `/merchant/orders/${orderNo}/notes`;
  const refused: [() => Promise<unknown>, number][] = [
    [() => send('字'.repeat(201)), 400],
    [() => send('   '), 400],
    [() => merchant.post(notesPath, { text: '字'.repeat(501) }), 400],
    [() => merchant.post(`/orders/${orderNo}/messages`, { text: '冒名' }), 404],
    [() => buyer.post(notesPath, { text: '冒名' }), 403],
    [async () => (await staff('merchant2')).post(notesPath, { text: '外人' }), 404],
    [async () => (await newBuyer()).post(`/orders/${orderNo}/messages`, { text: '外人' }), 404],
    [async () => notesOf(await newBuyer(), orderNo), 404],
    [async () => notesOf(await staff('merchant2'), orderNo), 404],
  ];
  for (const [request, status] of refused) expect((await problemFrom(request())).status).toBe(status);
  const [row] = await database().select().from(t.orderNotes).where(eq(t.orderNotes.orderNo, orderNo));
  expect(row?.sealedText.toString('utf8')).not.toContain('门口');

  await buyer.post(`/orders/${orderNo}/cancellations`);
  expect(await problemFrom(send('还在吗'))).toMatchObject({
    code: 'not_writable',
    body: { state: 'cancelled' },
  });
  expect(await send('请放门口', key)).toEqual(answers[0]);
  await merchant.post(`/merchant/orders/${orderNo}/notes`, { text: '已取消' });
});

test('FU-6 SP-10 a message goes to one shop of a joint order, never to the parent', async () => {
  const { buyer, orderNo, first, second } = await givenJoint();
  expect(await problemFrom(buyer.post(`/orders/${orderNo}/messages`, { text: '你好' }))).toMatchObject({
    status: 409,
    code: 'not_writable',
    body: { state: 'awaiting_payment' },
  });
  await buyer.post(`/orders/${first}/messages`, { text: '给一店' });
  await buyer.post(`/orders/${second}/messages`, { text: '给二店' });
  expect((await notesOf(buyer, orderNo)).map(({ text }) => text)).toEqual(['给一店', '给二店']);
  expect((await notesOf(await staff('merchant2'), second)).map(({ text }) => text)).toEqual(['给二店']);
});
