import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CARRIERS, isValidTrackingNo } from '../../domain/logistics/carriers.ts';
import { Bench, OWNER, WAREHOUSE } from './qimen-fixture.ts';
import { normalised, Recorder } from './recorder.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await new Bench().open();
});
afterEach(() => bench.close());

/** Far below the sandbox's 10 s of silence, far above an answer of this machine. */
const SHORT_MS = 1000;
const NOBODY = { shipmentNo: 'NOBODY', warehouseCode: WAREHOUSE };
const UNANSWERED = { name: 'NeighbourError', neighbour: 'qimen', code: 'network', retryable: true };

describe('a delivery order', () => {
  it('FU-2 FU-3 goes through every stage, each told and the same when asked, and leaves with a tracking number', async () => {
    const order = bench.order();
    const pushed = await bench.warehouse.push(order);
    expect(pushed).toEqual({ result: 'accepted', warehouseOrderId: expect.stringMatching(/^CK\d{18}$/) });
    const { shipmentNo, warehouseCode } = order;
    const about = { shipmentNo, warehouseCode };
    let told = 0;
    for (const stage of ['accepted', 'picking', 'checked', 'packed', 'weighed']) {
      if (stage !== 'accepted') await bench.advance(order);
      told += 1;
      expect((await bench.told(told)).at(-1)).toEqual({
        ...about,
        eventKey: expect.stringContaining(`orderprocess.report:${shipmentNo}:`),
        kind: 'stage',
        stage,
        at: expect.any(Date),
        operator: '王仓管',
        remark: null,
      });
      expect(await bench.warehouse.query(order)).toMatchObject({ state: 'known', stage, parcels: [] });
    }
    await bench.advance(order);
    const notice = (await bench.told(told + 1)).at(-1);
    if (notice?.kind !== 'handed_over') throw new Error(`told ${notice?.kind}`);
    expect(notice).toMatchObject({ ...about, at: expect.any(Date) });
    expect(notice.parcels).toEqual([
      {
        carrier: 'shunfeng',
        trackingNo: expect.stringMatching(/^SF\d{13}$/),
        weightGrams: expect.any(Number),
        lines: [
          { lineNo: 1, skuId: 'SKU-TEA', quantity: 2 },
          { lineNo: 2, skuId: 'SKU-CUP', quantity: 1 },
        ],
      },
    ]);
    expect(await bench.warehouse.query(order)).toEqual({
      state: 'known',
      stage: 'handed_over',
      warehouseOrderId: pushed.result === 'accepted' && pushed.warehouseOrderId,
      parcels: notice.parcels,
    });
  });

  it('FU-2 arrives as it was pushed, whatever its texts hold, cut to the format’s limits', async () => {
    const order = bench.order({
      lines: [{ lineNo: 1, skuId: 'SKU-TEA', title: `😀${'茶'.repeat(300)}`, quantity: 2 }],
      remark: `<!-- ]]> & '\u0007${'a'.repeat(600)}`,
    });
    await bench.warehouse.push(order);
    expect(await bench.books(order)).toMatchObject({
      warehouseCode: WAREHOUSE,
      logisticsCode: 'SF',
      receiver: {
        name: '王<b>小</b>明 & "co"',
        mobile: '13800000000',
        province: '浙江省',
        city: '杭州市',
        area: '西湖区',
        detailAddress: '文三路 1 号',
      },
      lines: [{ lineNo: '1', itemCode: 'SKU-TEA', itemName: `😀${'茶'.repeat(199)}`, quantity: 2 }],
      remark: `<!-- ]]> & '${'a'.repeat(487)}`,
    });
    const plain = bench.order({ remark: null });
    await bench.warehouse.push(plain);
    expect((await bench.books(plain)).remark).toBe('');
  });

  it.each([...CARRIERS, null])('FU-3 leaves with %s, or whom the warehouse chooses', async (carrier) => {
    const order = await bench.pushed({ carrier });
    await bench.advance(order, 'handed_over');
    const status = await bench.warehouse.query(order);
    const parcel = status.state === 'known' ? status.parcels[0] : undefined;
    expect(parcel?.carrier).toBe(carrier ?? 'zhongtong');
    expect(isValidTrackingNo(parcel?.carrier ?? 'jd', parcel?.trackingNo ?? '')).toBe(true);
  });

  it('FU-2 moves by itself where the warehouse works', async () => {
    await bench.control('POST', '/settings', { autoAdvance: true });
    await bench.pushed();
    const notices = await bench.told(6);
    const said = notices.map((notice) => (notice.kind === 'stage' ? notice.stage : notice.kind)).sort();
    expect(said).toEqual(['accepted', 'checked', 'handed_over', 'packed', 'picking', 'weighed']);
  });

  it('FU-2 pushed again is the same; what differs is found in the books', async () => {
    const order = bench.order();
    const first = await bench.warehouse.push(order);
    expect(await bench.warehouse.push(order)).toEqual(first);
    const other = { ...order, remark: 'another' };
    expect(await bench.warehouse.push(other)).toEqual(first);
    expect(await bench.books(order)).toMatchObject({ remark: order.remark });
    await bench.warehouse.cancel(order, '买家取消');
    expect(await bench.warehouse.push(other)).toEqual({
      result: 'refused',
      code: 'order-exists',
      message: '订单已存在',
    });
  });

  it('FU-2 refused by the warehouse is in no books', async () => {
    const order = bench.order();
    await bench.fault({ refusePush: 'STOCK_SHORT', onlyOutTradeNo: order.shipmentNo, times: 1 });
    expect(await bench.warehouse.push(order)).toEqual({
      result: 'refused',
      code: 'STOCK_SHORT',
      message: '仓库拒绝接单',
    });
    expect(await bench.warehouse.query(order)).toEqual({ state: 'unknown_to_warehouse' });
    expect(await bench.warehouse.push(order)).toMatchObject({ result: 'accepted' });
  });

  it.each([
    ['warehouse-not-exist', { warehouseCode: 'WH-MOON' }],
    ['invalid-parameter', { lines: [] }],
    ['invalid-parameter', { lines: [{ lineNo: 1, skuId: 'SKU-TEA', title: '茶', quantity: 0 }] }],
  ])('FU-2 that the warehouse cannot take is refused: %s', async (code, changes) => {
    expect(await bench.warehouse.push(bench.order(changes))).toMatchObject({ result: 'refused', code });
  });

  it('FU-2 of another owner is refused', async () => {
    const stranger = bench.adapter({ ownerCode: 'H9999' });
    expect(await stranger.push(bench.order())).toMatchObject({ result: 'refused', code: 'owner-not-exist' });
    await expect(stranger.query(NOBODY)).rejects.toMatchObject({ code: 'owner-not-exist', retryable: true });
  });

  it('FU-2 that was taken in silence is found by query, and the same push tells its number', async () => {
    const hurried = bench.adapter({ timeoutMs: SHORT_MS });
    const order = bench.order();
    for (const call of ['create', 'query']) await bench.fault({ timeoutAfterSuccess: [call], times: 1 });
    await expect(hurried.push(order)).rejects.toMatchObject(UNANSWERED);
    await expect(hurried.query(order)).rejects.toMatchObject(UNANSWERED);
    const status = await hurried.query(order);
    if (status.state !== 'known') throw new Error('it was not taken');
    const { warehouseOrderId } = status;
    expect(await hurried.push(order)).toEqual({ result: 'accepted', warehouseOrderId });
  });

  it('FU-2 stays where the warehouse is stuck, until it goes on', async () => {
    const [stuck, free] = [bench.order(), bench.order()];
    await bench.fault({ neverAdvance: true, onlyOutTradeNo: stuck.shipmentNo });
    await bench.control('POST', '/settings', { autoAdvance: true });
    for (const order of [stuck, free]) await bench.warehouse.push(order);
    await bench.told(7);
    expect(await bench.warehouse.query(free)).toMatchObject({ stage: 'handed_over' });
    expect(await bench.warehouse.query(stuck)).toMatchObject({ stage: 'accepted' });
    await bench.control('DELETE', '/faults');
    await bench.told(12);
    expect(await bench.warehouse.query(stuck)).toMatchObject({ stage: 'handed_over' });
  });

  it('FU-2 ends as an exception where something went wrong inside', async () => {
    await bench.fault({ exceptionAt: 'packed' });
    const order = await bench.pushed();
    await bench.advance(order, 'handed_over');
    expect(await bench.warehouse.query(order)).toMatchObject({ stage: 'exception', parcels: [] });
    const notices = await bench.told(4);
    expect(notices).toContainEqual(expect.objectContaining({ stage: 'exception', remark: '库内异常' }));
  });

  it('FU-4 leaves in several parcels, in one go or in several', async () => {
    const order = await bench.pushed();
    const path = `/orders/${order.shipmentNo}/handover`;
    const first = {
      logisticsCode: 'JD',
      trackingNo: 'JDX000000000001',
      weightGrams: 1250,
      lines: [{ lineNo: 1, quantity: 1 }],
    };
    expect((await bench.control('POST', path, { parcels: [first] })).status).toBe(200);
    const left = {
      carrier: 'jd',
      trackingNo: 'JDX000000000001',
      weightGrams: 1250,
      lines: [{ lineNo: 1, skuId: 'SKU-TEA', quantity: 1 }],
    };
    expect(await bench.warehouse.query(order)).toMatchObject({ stage: 'handed_over', parcels: [left] });
    expect(await bench.warehouse.cancel(order, '买家取消')).toMatchObject({ result: 'refused' });
    const rest = {
      parcels: [{ lines: [{ lineNo: 1, quantity: 1 }] }, { lines: [{ lineNo: 2, quantity: 1 }] }],
    };
    expect(
      (await bench.control('POST', path, { parcels: [{ lines: [{ lineNo: 2, quantity: 2 }] }] })).status,
    ).toBe(409);
    expect((await bench.control('POST', path, rest)).json).toMatchObject({ stage: 'handed_over' });
    expect((await bench.control('POST', path, {})).status).toBe(409);
    const status = await bench.warehouse.query(order);
    const lines = status.state === 'known' ? status.parcels.map((parcel) => parcel.lines) : [];
    expect(lines).toEqual([
      left.lines,
      [{ lineNo: 1, skuId: 'SKU-TEA', quantity: 1 }],
      [{ lineNo: 2, skuId: 'SKU-CUP', quantity: 1 }],
    ]);
    const confirmed = (await bench.told(3)).filter((notice) => notice.kind === 'handed_over');
    expect(confirmed.map(({ parcels }) => parcels.length).sort()).toEqual([1, 2]);
    expect(new Set(confirmed.map(({ eventKey }) => eventKey)).size).toBe(2);
  });

  it('FU-3 an item on two lines is shared out between them in order', async () => {
    const line = { skuId: 'SKU-TEA', title: '茶' };
    const lines = [
      { ...line, lineNo: 1, quantity: 2 },
      { ...line, lineNo: 2, quantity: 3 },
    ];
    const order = await bench.pushed({ lines });
    const parcels = [
      { lines: [{ lineNo: 2, quantity: 1 }] },
      {
        lines: [
          { lineNo: 1, quantity: 2 },
          { lineNo: 2, quantity: 2 },
        ],
      },
    ];
    await bench.control('POST', `/orders/${order.shipmentNo}/handover`, { parcels });
    const status = await bench.warehouse.query(order);
    const shared = status.state === 'known' ? status.parcels.map((parcel) => parcel.lines) : [];
    expect(shared).toEqual([
      [{ lineNo: 1, skuId: 'SKU-TEA', quantity: 1 }],
      [
        { lineNo: 1, skuId: 'SKU-TEA', quantity: 1 },
        { lineNo: 2, skuId: 'SKU-TEA', quantity: 3 },
      ],
    ]);
  });
});

describe('CN-2 an intercept', () => {
  it('before it leaves succeeds, is told, and may be asked for again', async () => {
    const order = await bench.pushed();
    await bench.advance(order, 'weighed');
    expect(await bench.warehouse.cancel(order, '买家取消')).toEqual({ result: 'cancelled' });
    expect(await bench.warehouse.cancel(order, '买家取消')).toEqual({ result: 'cancelled' });
    expect(await bench.warehouse.query(order)).toMatchObject({ stage: 'cancelled', parcels: [] });
    expect((await bench.told(6)).filter((n) => n.kind === 'stage' && n.stage === 'cancelled')).toHaveLength(
      1,
    );
    expect((await bench.books(order)).cancelledAt).toEqual(expect.any(String));
  });

  it('after it has left is refused', async () => {
    const order = await bench.pushed();
    await bench.advance(order, 'handed_over');
    expect(await bench.warehouse.cancel(order, '买家取消')).toEqual({
      result: 'refused',
      code: 'order-shipped',
      message: '订单已出库',
    });
  });

  it('of what the warehouse does not have is done: its books say so', async () => {
    expect(await bench.warehouse.cancel(NOBODY, '买家取消')).toEqual({ result: 'cancelled' });
  });

  it('may be undecided at first', async () => {
    const order = await bench.pushed();
    await bench.fault({ pendingCancel: true, times: 1 });
    expect(await bench.warehouse.cancel(order, '买家取消')).toEqual({ result: 'pending' });
    expect(await bench.warehouse.query(order)).toMatchObject({ stage: 'accepted' });
    expect(await bench.warehouse.cancel(order, '买家取消')).toEqual({ result: 'cancelled' });
  });

  it('met with silence is unknown: not cancelled, or cancelled', async () => {
    const hurried = bench.adapter({ timeoutMs: SHORT_MS });
    const order = await bench.pushed();
    await bench.fault({ silentOnCancel: true, times: 1 });
    await expect(hurried.cancel(order, '买家取消')).rejects.toMatchObject(UNANSWERED);
    expect(await hurried.query(order)).toMatchObject({ stage: 'accepted' });
    await bench.fault({ timeoutAfterSuccess: ['cancel'], times: 1 });
    await expect(hurried.cancel(order, '买家取消')).rejects.toMatchObject(UNANSWERED);
    expect(await hurried.query(order)).toMatchObject({ stage: 'cancelled' });
    expect(await hurried.cancel(order, '买家取消')).toEqual({ result: 'cancelled' });
  });

  it('may be refused while it is still there, and then it leaves', async () => {
    const order = await bench.pushed();
    await bench.fault({ refuseCancel: true });
    expect(await bench.warehouse.cancel(order, '买家取消')).toMatchObject({
      result: 'refused',
      code: 'order-shipped',
    });
    expect(await bench.warehouse.query(order)).toMatchObject({ stage: 'handed_over' });
  });

  it.each([
    ['succeeds', true],
    ['fails', false],
  ])('on the way %s at the carrier', async (tmsCancel, succeeded) => {
    const order = await bench.pushed();
    await bench.advance(order, 'handed_over');
    await bench.told(6);
    await bench.fault({ tmsCancel });
    expect(await bench.warehouse.cancel(order, '买家取消')).toMatchObject({ result: 'refused' });
    expect((await bench.told(7)).at(-1)).toMatchObject({ kind: 'carrier_intercept', succeeded });
  });
});

describe('the warehouse’s books', () => {
  it('I5 survive its restart; what was on its way goes on, what was due is told', async () => {
    bench.endpoint.reply = () => null;
    const working = await bench.pushed();
    const left = await bench.pushed();
    await bench.advance(left, 'handed_over');
    const before = (await bench.control('GET', '/orders')).json;
    const seen = bench.endpoint.deliveries.length;
    bench.endpoint.reply = () => bench.warehouse.acknowledgement('taken');
    await bench.restart();
    expect((await bench.control('GET', '/orders')).json).toEqual(before);
    await vi.waitFor(async () => {
      for (const order of [working, left])
        for (const { state } of (await bench.books(order)).notifications) expect(state).toBe('delivered');
    });
    for (const delivery of bench.endpoint.deliveries.slice(seen))
      expect(bench.verify(delivery).ok).toBe(true);
    await bench.control('POST', '/settings', { autoAdvance: true });
    await vi.waitFor(async () =>
      expect(await bench.warehouse.query(working)).toMatchObject({ stage: 'handed_over' }),
    );
  });

  it('FU-2 I5 know a warehouse that was added, however often and after a restart too', async () => {
    const warehouseCode = 'WH-NEW';
    const refused = await bench.warehouse.push(bench.order({ warehouseCode }));
    expect(refused).toMatchObject({ result: 'refused', code: 'warehouse-not-exist' });
    const add = () => bench.control('POST', '/warehouses', { code: warehouseCode });
    const warehouses = [WAREHOUSE, warehouseCode];
    expect(await add()).toEqual({ status: 200, json: { warehouses } });
    const order = await bench.pushed({ warehouseCode });
    await bench.restart();
    expect(await bench.warehouse.query(order)).toMatchObject({ state: 'known', stage: 'accepted' });
    await bench.pushed({ warehouseCode });
    expect((await add()).json).toEqual({ warehouses });
  });

  it('I2 are read page by page and from a time on', async () => {
    const numbers = [await bench.pushed(), await bench.pushed(), await bench.pushed()].map(
      ({ shipmentNo }) => shipmentNo,
    );
    const first = (await bench.control('GET', '/orders?limit=2')).json;
    const second = (await bench.control('GET', `/orders?limit=2&cursor=${first.nextCursor}`)).json;
    expect([...first.orders, ...second.orders].map((order) => order.shipmentNo)).toEqual(numbers);
    expect(second.nextCursor).toBeNull();
    const later = new Date(Date.now() + 60_000).toISOString();
    expect((await bench.control('GET', `/orders?since=${later}`)).json.orders).toEqual([]);
  });

  it.each([
    ['POST', '/faults', { nonsense: true }, 400],
    ['POST', '/faults', { payAfterClose: true }, 400],
    ['POST', '/settings', { stageMs: 0 }, 400],
    ['POST', '/keys', {}, 400],
    ['POST', '/warehouses', {}, 400],
    ['POST', '/warehouses', { code: '' }, 400],
    ['GET', '/orders/NOBODY', undefined, 404],
    ['POST', '/orders/NOBODY/advance', {}, 404],
    ['POST', '/sign', { method: 'orderprocess.report', shipmentNo: 'NOBODY' }, 409],
  ])('FU-2 %s %s with %o is refused with %i', async (method, path, body, status) => {
    expect((await bench.control(method, path, body)).status).toBe(status);
  });

  it('FU-2 are shown to people, who move an order on or stop it', async () => {
    const order = await bench.pushed();
    const page = `${bench.url}/qimen/orders/${order.shipmentNo}`;
    const index = await (await fetch(`${bench.url}/qimen`)).text();
    expect(index).toContain(`href="/qimen/orders/${order.shipmentNo}"`);
    const html = await (await fetch(page)).text();
    expect(html).toContain('已接单 Accepted');
    expect(html).not.toContain('<b>小</b>');
    const post = (action: string, to?: string) =>
      fetch(`${page}/${action}`, { method: 'POST', body: new URLSearchParams(to ? { to } : {}) });
    expect(await (await post('advance', 'packed')).text()).toContain('已打包 Packed');
    expect((await post('advance', 'picking')).status).toBe(409);
    expect(await (await post('exception')).text()).toContain('异常 Exception');
    expect((await post('advance')).status).toBe(409);
    expect((await fetch(`${bench.url}/qimen/orders/NOBODY`)).status).toBe(404);
  });
});

/** What differs between two runs. */
const DIFFERS: [RegExp, string][] = [
  [/timestamp=[^&"]+/g, 'timestamp=<timestamp>'],
  [/sign=[0-9A-F]{32}/g, 'sign=<signature>'],
  [/(<(?:create|operate|orderConfirm)Time>)[^<]+/gi, '$1<time>'],
  [/(CK|FH)\d{18}/g, '$1<number>'],
];

it('FU-2 the adapter and the sandbox speak the recorded wire format', async () => {
  const calls = new Recorder(() => watched.url, ['content-type']);
  const told = new Recorder(() => new URL(bench.notifyUrl).origin, ['content-type']);
  const tellTo = await told.listen();
  const watched = await new Bench({ notifyUrl: `${tellTo}/notify` }).open();
  const warehouse = watched.adapter({ gateway: `${await calls.listen()}/qimen/router` });
  try {
    const order = watched.order({ shipmentNo: 'CONTRACT0001' });
    await warehouse.push(order);
    await warehouse.query(order);
    await bench.endpoint.received(1);
    const parcels = [
      {
        logisticsCode: 'SF',
        trackingNo: 'SF0000000000001',
        weightGrams: 850,
        lines: order.lines.map(({ lineNo, quantity }) => ({ lineNo, quantity })),
      },
    ];
    await watched.control('POST', '/orders/CONTRACT0001/handover', { parcels });
    await bench.endpoint.received(2);
    await warehouse.query(order);
    await warehouse.cancel(order, '买家取消');
    await warehouse.query({ shipmentNo: 'CONTRACT0002', warehouseCode: WAREHOUSE });
    await warehouse.push({ ...order, remark: null });
    await vi.waitFor(() => expect(told.pairs).toHaveLength(2));
  } finally {
    await watched.close();
    await calls.close();
    await told.close();
  }
  const pairs = normalised([...calls.pairs, ...told.pairs], DIFFERS);
  expect(JSON.stringify(pairs)).toContain(`<ownerCode>${OWNER}</ownerCode>`);
  await expect(`${JSON.stringify(pairs, null, 2)}\n`).toMatchFileSnapshot('fixtures/qimen.json');
});
