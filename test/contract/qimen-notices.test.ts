import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DeliveryOrderRef } from '../../providers/warehouse/port.ts';
import { APP_KEY, Bench, beijing, CUSTOMER_ID, NEXT_SECRET, SECRET, WAREHOUSE } from './qimen-fixture.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await new Bench().open();
});
afterEach(() => bench.close());

const MINUTE_MS = 60_000;

describe('notifications', () => {
  it('FU-2 are repeated, with the same key, until the answer is HTTP 200 and success', async () => {
    const success = bench.warehouse.acknowledgement('taken');
    const answers = [
      null,
      bench.warehouse.acknowledgement('failed'),
      { ...success, status: 202 },
      { status: 200, body: '<response><flag>failure</flag></response>' },
      { status: 200, body: 'success' },
    ];
    bench.endpoint.reply = (n) => (n < answers.length ? (answers[n] ?? null) : success);
    const order = await bench.pushed();
    const notices = await bench.told(6);
    expect(new Set(notices.map(({ eventKey }) => eventKey)).size).toBe(1);
    await vi.waitFor(async () => {
      const [notification] = (await bench.books(order)).notifications;
      expect(notification).toMatchObject({ kind: 'orderprocess.report ACCEPT', state: 'delivered' });
      const accepted = notification.attempts.map((attempt: any) => attempt.accepted);
      expect(accepted).toEqual([false, false, false, false, false, true]);
    });
    expect(bench.endpoint.deliveries).toHaveLength(6);
  });

  it('FU-2 end after six attempts; the log says so and one more can be asked for', async () => {
    bench.endpoint.reply = () => bench.warehouse.acknowledgement('unknown');
    const order = await bench.pushed();
    const state = async () => (await bench.books(order)).notifications[0].state;
    await vi.waitFor(async () => expect(await state()).toBe('exhausted'), 10_000);
    expect(bench.endpoint.deliveries).toHaveLength(6);
    bench.endpoint.reply = () => bench.warehouse.acknowledgement('taken');
    const again = await bench.control('POST', `/orders/${order.shipmentNo}/notify`);
    expect(again.json).toMatchObject({ status: 200, accepted: true });
    expect(await state()).toBe('delivered');
  });

  it('FU-2 carry the time of the attempt, not of the event', async () => {
    const slow = await new Bench({ clockMultiplier: 60_000 / 1100 }).open();
    try {
      const taken = slow.warehouse.acknowledgement('taken');
      slow.endpoint.reply = (n) => (n === 0 ? null : taken);
      await slow.pushed();
      const [first, second] = await slow.endpoint.received(2);
      const timestamps = [first, second].map((one) => new URLSearchParams(one?.query).get('timestamp'));
      expect(timestamps[0]).not.toBe(timestamps[1]);
      expect(first?.body).toBe(second?.body);
      await slow.told(2);
    } finally {
      await slow.close();
    }
  });

  it('FU-2 duplicated, they have one key; other events have their own', async () => {
    await bench.fault({ duplicateNotify: 3, times: 1 });
    const order = await bench.pushed();
    await bench.told(4);
    await bench.advance(order, 'handed_over');
    const keys = (await bench.told(9)).map(({ eventKey }) => eventKey);
    expect(new Set(keys.slice(0, 4)).size).toBe(1);
    expect(new Set(keys).size).toBe(6);
  });

  it('FU-2 badly signed, they are refused, and the next one is true', async () => {
    const refused = bench.warehouse.acknowledgement('refused');
    const taken = bench.warehouse.acknowledgement('taken');
    bench.endpoint.reply = (n) => (n === 0 ? refused : taken);
    await bench.fault({ badSignatureNotify: true, times: 1 });
    await bench.pushed();
    const deliveries = await bench.endpoint.received(2);
    expect(deliveries.map((delivery) => bench.verify(delivery))).toEqual([
      { ok: false, reason: 'bad_signature' },
      { ok: true, notice: expect.objectContaining({ kind: 'stage', stage: 'accepted' }) },
    ]);
  });

  it('FU-2 dropped, held or late, the query still tells; held ones go out when the fault is lifted', async () => {
    await bench.fault({ holdNotify: true });
    const order = await bench.pushed();
    await bench.advance(order);
    expect(await bench.warehouse.query(order)).toMatchObject({ stage: 'picking' });
    expect(bench.endpoint.deliveries).toHaveLength(0);
    await bench.control('DELETE', '/faults');
    await bench.told(2);
    await bench.fault({ dropNotify: true, onlyOutTradeNo: order.shipmentNo, times: 1 });
    await bench.advance(order);
    expect((await bench.books(order)).notifications.at(-1).state).toBe('dropped');
    await bench.fault({ delayNotifyMs: 60_000 });
    await bench.advance(order);
    expect((await bench.books(order)).notifications.at(-1)).toMatchObject({ state: 'pending', attempts: [] });
  });

  it('FU-2 are answered in Qimen’s words', () => {
    for (const [outcome, status, flag, code] of [
      ['taken', 200, 'success', '0'],
      ['refused', 401, 'failure', 'sign-check-failure'],
      ['unknown', 404, 'failure', 'order-not-exist'],
      ['failed', 503, 'failure', 'system-error'],
    ] as const) {
      const answer = bench.warehouse.acknowledgement(outcome);
      expect(answer).toMatchObject({ status, contentType: 'text/xml;charset=utf-8' });
      expect(answer.body).toContain(`<response><flag>${flag}</flag><code>${code}</code><message>`);
    }
  });
});

describe('FU-2 what is believed of a notification', () => {
  let order: DeliveryOrderRef;
  beforeEach(async () => {
    order = await bench.pushed();
  });
  const signed = (request: object) =>
    bench.signed({ method: 'orderprocess.report', shipmentNo: order.shipmentNo, ...request });
  const verified = async (request: object) => bench.verify(await signed(request));
  const refused = (reason: string) => ({ ok: false, reason });

  it('nothing when the query or the body was touched, or a parameter comes twice', async () => {
    const { query, body } = await signed({});
    const changed = (change: (query: URLSearchParams) => void, text = body) => {
      const parameters = new URLSearchParams(query);
      change(parameters);
      return bench.verify({ query: parameters.toString(), body: text });
    };
    const bad = refused('bad_signature');
    expect(changed(() => {})).toMatchObject({ ok: true, notice: { shipmentNo: order.shipmentNo } });
    expect(changed(() => {}, body.replace('ACCEPT', 'PICK'))).toEqual(bad);
    expect(changed(() => {}, `${body} `)).toEqual(bad);
    for (const name of [
      'method',
      'timestamp',
      'format',
      'app_key',
      'v',
      'sign_method',
      'customerId',
      'sign',
    ]) {
      expect(changed((parameters) => parameters.delete(name))).toEqual(bad);
      expect(changed((parameters) => parameters.set(name, 'X'))).toEqual(bad);
      expect(changed((parameters) => parameters.append(name, parameters.get(name) ?? ''))).toEqual(bad);
    }
    expect(changed((parameters) => parameters.set('more', '1'))).toEqual(bad);
    expect(
      changed((parameters) => parameters.set('sign', parameters.get('sign')?.toLowerCase() ?? '')),
    ).toEqual(bad);
  });

  it('a signature that is MD5 over secret, sorted parameters, body and secret is the right one', async () => {
    const { query, body } = await signed({});
    const parameters = new URLSearchParams(query);
    const { timestamp } = Object.fromEntries(parameters);
    const text = `app_key${APP_KEY}customerId${CUSTOMER_ID}formatxmlmethodorderprocess.reportsign_methodmd5timestamp${timestamp}v2.0`;
    const sign = createHash('md5').update(`${SECRET}${text}${body}${SECRET}`).digest('hex').toUpperCase();
    expect(parameters.get('sign')).toBe(sign);
  });

  it('nothing that is stale, forged, or signed with a secret we do not know', async () => {
    const at = (offsetMs: number) => ({ timestamp: new Date(Date.now() + offsetMs).toISOString() });
    expect(await verified({})).toMatchObject({ ok: true });
    for (const minutes of [-11, 11])
      expect(await verified(at(minutes * MINUTE_MS))).toEqual(refused('stale'));
    for (const minutes of [-9, 9])
      expect(await verified(at(minutes * MINUTE_MS))).toMatchObject({ ok: true });
    const delivery = await signed({});
    const receivedAt = new Date(Date.now() + 11 * MINUTE_MS);
    expect(bench.verify(delivery, { receivedAt })).toEqual(refused('stale'));
    expect(await verified({ parameters: { timestamp: 'yesterday' } })).toEqual(refused('malformed'));
    expect(await verified({ forged: true })).toEqual(refused('bad_signature'));
    expect(await verified({ secret: 'stranger' })).toEqual(refused('bad_signature'));
    expect(await verified({ parameters: { sign_method: 'none' } })).toEqual(refused('bad_signature'));
  });

  it('only what is for our application and our customer', async () => {
    expect(await verified({ parameters: { app_key: '999' } })).toEqual(refused('wrong_app'));
    expect(await verified({ parameters: { customerId: 'c9' } })).toEqual(refused('wrong_customer'));
  });

  it.each([
    ['an external entity', '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]><request>&x;</request>'],
    ['entities that multiply', '<!DOCTYPE r [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><request>&b;</request>'],
    ['another root', '<response><flag>success</flag></response>'],
    ['no XML', 'processStatus=PICK'],
    ['nothing', ''],
  ])('nothing signed that holds %s', async (_, body) => {
    for (const method of ['orderprocess.report', 'deliveryorder.confirm'])
      expect(await verified({ method, body })).toEqual(refused('malformed'));
  });

  it.each([
    ['orderprocess.report', { order: null }],
    ['orderprocess.report', { process: null }],
    ['orderprocess.report', { order: { orderCode: null } }],
    ['orderprocess.report', { order: { warehouseCode: '' } }],
    ['orderprocess.report', { process: { processStatus: '' } }],
    ['orderprocess.report', { process: { operateTime: '2026-02-30 08:00:00' } }],
    ['deliveryorder.confirm', { deliveryOrder: null }],
    ['deliveryorder.confirm', { deliveryOrder: { deliveryOrderCode: null } }],
    ['deliveryorder.confirm', { deliveryOrder: { warehouseCode: null } }],
    ['deliveryorder.confirm', { deliveryOrder: { outBizCode: null } }],
    ['deliveryorder.confirm', { deliveryOrder: { orderConfirmTime: 'now' } }],
    ['deliveryorder.confirm', { packages: null }],
    ['deliveryorder.confirm', { orderLines: null }],
    ['deliveryorder.confirm', { orderLines: { orderLine: [{ orderLineNo: 'A', itemCode: 'SKU-TEA' }] } }],
    ['deliveryorder.confirm', packages({ logisticsCode: 'PIGEON' })],
    ['deliveryorder.confirm', packages({ expressCode: null })],
    ['deliveryorder.confirm', packages({ items: { item: [{ itemCode: 'SKU-TEA', quantity: 3 }] } })],
    ['deliveryorder.confirm', packages({ items: { item: [{ itemCode: 'SKU-X', quantity: 1 }] } })],
    ['deliveryorder.confirm', packages({ items: { item: [{ itemCode: 'SKU-TEA', quantity: '-1' }] } })],
    ['deliveryorder.confirm', packages({ items: null }, { items: null })],
    ['stockout.confirm', {}],
  ])('nothing signed that is not what %s promises: %o', async (method, body) => {
    await bench.advance(order, 'handed_over');
    expect(await verified({ method, body })).toEqual(refused('malformed'));
  });

  it.each([
    ['ACCEPT', { kind: 'stage', stage: 'accepted' }],
    ['PICK', { kind: 'stage', stage: 'picking' }],
    ['CHECK', { kind: 'stage', stage: 'checked' }],
    ['PACKAGE', { kind: 'stage', stage: 'packed' }],
    ['WEIGH', { kind: 'stage', stage: 'weighed' }],
    ['REJECT', { kind: 'stage', stage: 'refused', remark: '缺货' }],
    ['EXCEPTION', { kind: 'stage', stage: 'exception', operator: '王仓管' }],
    ['CLOSED', { kind: 'stage', stage: 'cancelled' }],
    ['CANCELED', { kind: 'stage', stage: 'cancelled' }],
    ['TMSCANCELED', { kind: 'carrier_intercept', succeeded: true }],
    ['TMSCANCELFAILED', { kind: 'carrier_intercept', succeeded: false }],
    ['PRINT', { kind: 'noted' }],
    ['READY', { kind: 'noted' }],
    ['DELIVERED', { kind: 'noted' }],
    ['REFUSE', { kind: 'noted' }],
    ['SIGN', { kind: 'noted' }],
    ['NEWS', { kind: 'noted' }],
  ])('a report of %s says %o', async (processStatus, said) => {
    const { status } = await bench.control('POST', `/orders/${order.shipmentNo}/report`, {
      processStatus,
      remark: '缺货',
    });
    expect(status).toBe(200);
    const notices = await bench.told(2);
    expect(notices).toContainEqual(
      expect.objectContaining({ shipmentNo: order.shipmentNo, warehouseCode: WAREHOUSE, ...said }),
    );
  });

  it.each([
    ['REJECT', 'refused'],
    ['REFUSE', 'accepted'],
    ['EXCEPTION', 'exception'],
    ['CLOSED', 'cancelled'],
    ['CANCELED', 'cancelled'],
    ['PICK', 'accepted'],
    ['SIGN', 'accepted'],
  ])('after a report of %s the books say %s', async (processStatus, stage) => {
    await bench.control('POST', `/orders/${order.shipmentNo}/report`, { processStatus });
    expect(await bench.warehouse.query(order)).toMatchObject({ stage });
  });

  it.each([
    ['DELIVERED', { kind: 'handed_over' }],
    ['PARTDELIVERED', { kind: 'handed_over' }],
    ['EXCEPTION', { kind: 'stage', stage: 'exception' }],
    ['CANCELED', { kind: 'stage', stage: 'cancelled' }],
    ['REJECT', { kind: 'stage', stage: 'refused' }],
    ['NEWS', { kind: 'noted' }],
  ])('FU-3 a confirmation of %s says %o', async (status, said) => {
    await bench.advance(order, 'handed_over');
    const body = { deliveryOrder: { status, outBizCode: 'FH-7' } };
    const delivery = await signed({ method: 'deliveryorder.confirm', body });
    expect(bench.notice(delivery)).toMatchObject({
      eventKey: `deliveryorder.confirm:${order.shipmentNo}:FH-7`,
      ...said,
    });
  });

  it('FU-3 a single package without items holds all, and one without weight was not weighed', async () => {
    await bench.advance(order, 'handed_over');
    const body = packages({ items: null, weight: '0' });
    const notice = bench.notice(await signed({ method: 'deliveryorder.confirm', body }));
    expect(notice).toMatchObject({
      parcels: [
        {
          carrier: 'shunfeng',
          weightGrams: null,
          lines: [
            { lineNo: 1, quantity: 2 },
            { lineNo: 2, quantity: 1 },
          ],
        },
      ],
    });
  });

  it('the key of a report is its status and time', async () => {
    const at = Date.parse('2026-11-11T08:00:00+08:00');
    const body = { process: { processStatus: 'PICK', operateTime: beijing(at) } };
    const notice = bench.notice(await signed({ body }));
    expect(notice).toMatchObject({
      eventKey: `orderprocess.report:${order.shipmentNo}:PICK:2026-11-11 08:00:00`,
      at: new Date(at),
    });
  });

  it('rotation: with both secrets in the file, the old one and the new one are believed', async () => {
    const before = await signed({});
    bench.keys = { ...bench.keys, secrets: [SECRET, NEXT_SECRET] };
    expect((await bench.control('POST', '/keys', { secret: NEXT_SECRET })).json).toEqual({ appKey: APP_KEY });
    for (const delivery of [before, await signed({})]) expect(bench.verify(delivery).ok).toBe(true);
    await expect(bench.warehouse.query(order)).rejects.toMatchObject({
      code: 'sign-check-failure',
      retryable: true,
    });
    await expect(bench.warehouse.cancel(order, '买家取消')).rejects.toMatchObject({ retryable: true });
    bench.keys = { ...bench.keys, secrets: [NEXT_SECRET, SECRET] };
    expect(await bench.warehouse.query(order)).toMatchObject({ state: 'known' });
    bench.keys = { ...bench.keys, secrets: [NEXT_SECRET] };
    expect(bench.verify(before)).toEqual(refused('bad_signature'));
    expect(await verified({})).toMatchObject({ ok: true });
  });
});

/** Overrides of a confirmation's packages: those of SKU-TEA with a true package's fields, changed. */
function packages(...changes: object[]): object {
  const item = [
    { itemCode: 'SKU-TEA', quantity: 2 },
    { itemCode: 'SKU-CUP', quantity: 1 },
  ];
  const whole = { logisticsCode: 'SF', expressCode: 'SF0000000000001', weight: '1.25', items: { item } };
  return { packages: { package: changes.map((change) => ({ ...whole, ...change })) } };
}
