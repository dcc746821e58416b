import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Parcel, Track } from '../../providers/tracking/port.ts';
import { Bench, CUSTOMER, KEY, newParcel, path, SALT } from './kuaidi100-fixture.ts';
import { normalised, Recorder } from './recorder.ts';
import { type Delivery, Mouthpiece } from './wechatpay-servers.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await new Bench().open();
});
afterEach(() => bench.close());

/** Far below the sandbox's 10 s of silence, far above an answer of this machine. */
const SHORT_MS = 1000;
const md5 = (text: string): string => createHash('md5').update(text).digest('hex').toUpperCase();
const callback = () => ({ url: bench.callbackUrl, salt: SALT });
const states = ({ events }: Track): string[] => events.map(({ state }) => state);
const fault = (rule: object) => bench.control('POST', '/faults', rule);

describe('LG-1 a watched parcel', () => {
  it('is told from its collection to its signature, the whole track each time, and the same when asked', async () => {
    const parcel = await bench.watched();
    await bench.act(parcel, 'advance', { to: 'signed' });
    const deliveries = await bench.merchant.received(6);
    const tracks = deliveries.map((delivery) => bench.notice(delivery).track);
    expect(tracks.map(({ events }) => events.length).sort()).toEqual([1, 2, 3, 4, 5, 6]);
    const last = tracks.find(({ events }) => events.length === 6);
    if (!last) throw new Error('no report has all events');
    expect(last).toMatchObject({ carrier: 'yuantong', trackingNo: parcel.trackingNo, state: 'signed' });
    expect(last.ended).toBe(true);
    expect(tracks.filter(({ ended }) => ended)).toHaveLength(1);
    expect(states(last)).toEqual([
      'collected',
      'in_transit',
      'in_transit',
      'in_transit',
      'delivering',
      'signed',
    ]);
    expect(last.events.map(({ code }) => code)).toEqual(['103', '1002', '1002', '1001', '5', '301']);
    for (const event of last.events)
      expect(event).toMatchObject({ location: expect.stringMatching(/市$/), trouble: null });
    expect(await bench.service.query(parcel)).toEqual({ ...last, ended: false });
  });

  it('follows its course by itself, step by step, until it is signed', async () => {
    await bench.control('POST', '/settings', { autoAdvance: true, stepMs: 20 });
    const parcel = await bench.watched();
    const deliveries = await bench.merchant.received(6);
    await vi.waitFor(async () =>
      expect(await bench.service.query(parcel)).toMatchObject({ state: 'signed' }),
    );
    expect(deliveries).toHaveLength(6);
    expect(await bench.shown(parcel)).toMatchObject({ state: 'signed', subscribed: true, ended: true });
  });

  it('has events in Beijing time, and places by their names', async () => {
    const parcel = await bench.watched();
    const at = '2026-11-11T00:30:05.000Z';
    await bench.act(parcel, 'events', { state: 'in_transit', text: '到达 & 出发', at, location: '武汉市' });
    const [delivery] = await bench.merchant.received(1);
    expect(delivery?.body).toContain('2026-11-11+08%3A30%3A05');
    expect(bench.notice(delivery).track.events).toEqual([
      {
        at: new Date(at),
        text: '到达 & 出发',
        code: '1002',
        location: '武汉市',
        state: 'in_transit',
        trouble: null,
      },
    ]);
  });

  it('is watched once: a second subscription is repeated and changes neither address nor salt', async () => {
    const parcel = await bench.watched();
    const other = { url: 'http://127.0.0.1:9/other', salt: 'another' };
    expect(await bench.service.subscribe(parcel, other)).toEqual({ result: 'repeated' });
    await bench.act(parcel, 'advance');
    const [delivery] = await bench.merchant.received(1);
    expect(bench.notice(delivery).track.state).toBe('collected');
  });

  it('can be watched again after its end, and is told at once', async () => {
    const parcel = await bench.watched();
    await bench.act(parcel, 'events', { state: 'signed' });
    await bench.merchant.received(1);
    expect(await bench.service.subscribe(parcel, callback())).toEqual({ result: 'subscribed' });
    const [first, second] = await bench.merchant.received(2);
    expect(bench.notice(second)).toEqual(bench.notice(first));
    expect(bench.notice(second).track).toMatchObject({ state: 'signed', ended: true });
  });

  it('that the carrier had before the subscription is told at once', async () => {
    const parcel = newParcel();
    await bench.act(parcel, 'advance', { to: 'delivering' });
    await bench.watched(parcel);
    const [delivery] = await bench.merchant.received(1);
    expect(bench.notice(delivery).track).toMatchObject({ state: 'delivering', ended: false });
  });

  it('that changes after its end is told as a correction', async () => {
    const parcel = await bench.watched();
    await bench.act(parcel, 'events', { state: 'signed' });
    await bench.merchant.received(1);
    await bench.act(parcel, 'events', { state: 'difficult', text: '签收有误' });
    const [, delivery] = await bench.merchant.received(2);
    const { param } = Object.fromEntries(new URLSearchParams(delivery?.body));
    expect(JSON.parse(param ?? '').status).toBe('updateall');
    expect(bench.notice(delivery).track).toMatchObject({ state: 'difficult', ended: false });
  });

  it('of SF needs the receiver’s phone; other carriers are not told it', async () => {
    const sf = newParcel({ carrier: 'shunfeng', trackingNo: 'SF1234567890123' });
    expect(await bench.service.subscribe(sf, callback())).toMatchObject({ result: 'refused', code: '408' });
    await expect(bench.service.query(sf)).rejects.toMatchObject({ code: '408', retryable: false });
    const known = await bench.watched({ ...sf, phone: '13800138000' });
    await bench.act(known, 'advance');
    expect(await bench.service.query(known)).toMatchObject({ state: 'collected' });
    expect(await bench.service.query({ ...sf, phone: '8000' })).toMatchObject({ state: 'collected' });
    await expect(bench.service.query({ ...sf, phone: '13800138001' })).rejects.toMatchObject({ code: '408' });

    const recorder = new Recorder(() => bench.url, []);
    try {
      const quiet = bench.adapter({ baseUrl: await recorder.listen() });
      for (const carrier of ['zhongtong', 'yunda'] as const)
        await quiet.query({ carrier, trackingNo: '7312345678901', phone: '13800138000' });
      const told = recorder.pairs.map(({ request }) => request.body.includes('13800138000'));
      expect(told).toEqual([true, false]);
    } finally {
      await recorder.close();
    }
  });
});

describe('LG-1 a query', () => {
  it('answers null while the carrier knows nothing, or says nothing', async () => {
    const parcel = newParcel();
    expect(await bench.service.query(parcel)).toBeNull();
    await bench.watched(parcel);
    expect(await bench.service.query(parcel)).toBeNull();
    await bench.act(parcel, 'advance');
    await fault({ silentQuery: true, onlyOutTradeNo: parcel.trackingNo, times: 1 });
    expect(await bench.service.query(parcel)).toBeNull();
    expect(await bench.service.query(parcel)).toMatchObject({ state: 'collected' });
  });

  it('finds a parcel whose watching was refused', async () => {
    await fault({ refuseSubscribe: '701', times: 1 });
    const parcel = newParcel();
    expect(await bench.service.subscribe(parcel, callback())).toEqual({
      result: 'refused',
      code: '701',
      message: expect.stringContaining('拒绝订阅'),
    });
    await bench.act(parcel, 'advance');
    expect(await bench.service.query(parcel)).toMatchObject({ state: 'collected' });
    expect((await bench.shown(parcel)).subscribed).toBe(false);
    expect(bench.merchant.deliveries).toEqual([]);
  });
});

describe('LG-2 what goes wrong with a parcel', () => {
  it.each([
    ['damaged', 'damaged', 'damaged', '209'],
    ['lost', 'lost', 'lost', '2'],
    ['wrongAddress', 'wrong_address', 'wrong_address', '204'],
    ['failedDelivery', 'failed_delivery', 'failed_delivery', '206'],
  ])('%s: by the fault and by the course %s', async (rule, course, trouble, code) => {
    await fault({ [rule]: true, times: 1 });
    const [struck, put] = [await bench.watched(), await bench.watched()];
    await bench.act(struck, 'advance', { to: 'difficult' });
    await bench.act(put, 'course', { course });
    await bench.act(put, 'advance', { to: 'difficult' });
    for (const parcel of [struck, put]) {
      const track = await bench.service.query(parcel);
      expect(track).toMatchObject({ state: 'difficult', ended: false });
      expect(track?.events.at(-1)).toMatchObject({ state: 'difficult', trouble, code });
      expect((await bench.shown(parcel)).course).toBe(course);
    }
  });

  it('a failed delivery is tried again and succeeds; the others wait', async () => {
    const [again, lost] = [await bench.watched(), await bench.watched()];
    await bench.act(again, 'course', { course: 'failed_delivery' });
    await bench.act(again, 'advance', { to: 'signed' });
    const track = await bench.service.query(again);
    expect(track?.events.slice(-4).map(({ code }) => code)).toEqual(['5', '206', '5', '302']);
    await bench.act(lost, 'course', { course: 'lost' });
    await bench.act(lost, 'advance', { to: 'difficult' });
    expect(await bench.control('POST', `${path(lost)}/advance`)).toMatchObject({
      status: 409,
      json: { error: 'COURSE_OVER' },
    });
  });

  it('LG-3 refused: it goes back and is signed for by the sender, which ends the watching', async () => {
    await fault({ refuse: true });
    const parcel = await bench.watched();
    await bench.act(parcel, 'advance', { to: 'returned' });
    const deliveries = await bench.merchant.received(8);
    const last = deliveries.map((one) => bench.notice(one).track).find(({ ended }) => ended);
    if (!last) throw new Error('the watching has not ended');
    expect(states(last).slice(-4)).toEqual(['delivering', 'refused', 'returning', 'returned']);
    expect(last).toMatchObject({ state: 'returned' });
  });

  it('LG-3 refused by control, it does not go on to be signed', async () => {
    const parcel = await bench.watched();
    await bench.act(parcel, 'events', { state: 'refused', statusCode: '203' });
    expect(await bench.service.query(parcel)).toMatchObject({ state: 'refused' });
    const { json } = await bench.control('POST', `${path(parcel)}/advance`, { to: 'signed' });
    expect(json.error).toBe('COURSE_OVER');
    await bench.act(parcel, 'advance', { to: 'returned' });
    expect(await bench.service.query(parcel)).toMatchObject({ state: 'returned' });
  });

  it('stalled, nothing more comes until the fault is lifted', async () => {
    const parcel = await bench.watched();
    await bench.act(parcel, 'advance');
    await fault({ stall: true });
    await bench.control('POST', '/settings', { autoAdvance: true, stepMs: 20 });
    await vi.waitFor(async () => expect((await bench.shown(parcel)).stalled).toBe(true));
    expect((await bench.shown(parcel)).events).toHaveLength(1);
    await bench.control('DELETE', '/faults');
    await vi.waitFor(async () => expect((await bench.shown(parcel)).state).toBe('signed'));
  });

  it('on a course that stalls it stays in transit', async () => {
    const parcel = await bench.watched();
    await bench.act(parcel, 'course', { course: 'stalls' });
    await bench.act(parcel, 'advance', { to: 'in_transit' });
    expect((await bench.control('POST', `${path(parcel)}/advance`)).status).toBe(409);
    expect(await bench.service.query(parcel)).toMatchObject({ state: 'in_transit' });
  });
});

describe('LG-1 pushes', () => {
  it('are repeated three times until the body says that the report was taken, with one key', async () => {
    const answers = [
      bench.service.acknowledgement('failed'),
      { status: 200, body: '{"result":false,"returnCode":"500","message":"x"}' },
      null,
    ];
    bench.merchant.reply = (n) => (n < 3 ? (answers[n] ?? null) : bench.service.acknowledgement('taken'));
    const parcel = await bench.watched();
    await bench.act(parcel, 'advance');
    const deliveries = await bench.merchant.received(4);
    expect(new Set(deliveries.map((delivery) => bench.notice(delivery).eventKey)).size).toBe(1);
    await vi.waitFor(async () => {
      const [notification] = (await bench.shown(parcel)).notifications;
      expect(notification).toMatchObject({ kind: 'polling', state: 'delivered' });
      expect(notification.attempts.map((attempt: any) => attempt.accepted)).toEqual([
        false,
        false,
        false,
        true,
      ]);
    });
  });

  it('end after four attempts; one more can be asked for', async () => {
    bench.merchant.reply = () => ({ status: 200, body: 'success' });
    const parcel = await bench.watched();
    await bench.act(parcel, 'advance');
    const state = async () => (await bench.shown(parcel)).notifications[0].state;
    await vi.waitFor(async () => expect(await state()).toBe('exhausted'), 5000);
    expect(bench.merchant.deliveries).toHaveLength(4);
    bench.merchant.reply = () => bench.service.acknowledgement('taken');
    expect(await bench.act(parcel, 'notify')).toMatchObject({ status: 200, accepted: true });
    expect(await state()).toBe('delivered');
  });

  it('duplicated have one key, of another change another', async () => {
    await fault({ duplicateNotify: 2, times: 1 });
    const parcel = await bench.watched();
    await bench.act(parcel, 'advance');
    await bench.merchant.received(3);
    await bench.act(parcel, 'advance');
    const keys = (await bench.merchant.received(4)).map((delivery) => bench.notice(delivery).eventKey);
    expect(new Set(keys.slice(0, 3)).size).toBe(1);
    expect(new Set(keys).size).toBe(2);
  });

  it('badly signed are refused, and the next one is true', async () => {
    const refused = bench.service.acknowledgement('refused');
    bench.merchant.reply = (n) => (n === 0 ? refused : bench.service.acknowledgement('taken'));
    await fault({ badSignatureNotify: true, times: 1 });
    const parcel = await bench.watched();
    await bench.act(parcel, 'advance');
    const [first, second] = await bench.merchant.received(2);
    expect(bench.verify(first)).toEqual({ ok: false, reason: 'bad_signature' });
    expect(bench.verify(second)).toMatchObject({ ok: true });
  });

  it('out of order bring an older list after a newer one, true and with its own key', async () => {
    const parcel = await bench.watched();
    await bench.act(parcel, 'advance');
    const [first] = await bench.merchant.received(1);
    await fault({ outOfOrder: true, times: 1 });
    await bench.act(parcel, 'advance');
    const [, newer, older] = await bench.merchant.received(3);
    expect(bench.notice(newer).track.events).toHaveLength(2);
    expect(bench.notice(older)).toEqual(bench.notice(first));
  });

  it('dropped or held, the query still tells; held ones go out when the fault is lifted', async () => {
    await fault({ dropNotify: true, times: 1 });
    await fault({ holdNotify: true });
    const parcel = await bench.watched();
    await bench.act(parcel, 'advance', { to: 'in_transit' });
    expect(await bench.service.query(parcel)).toMatchObject({ state: 'in_transit' });
    const kept = (await bench.shown(parcel)).notifications.map(({ state }: { state: string }) => state);
    expect(kept).toEqual(['dropped', 'held']);
    expect(bench.merchant.deliveries).toEqual([]);
    await bench.control('DELETE', '/faults');
    await bench.merchant.received(1);
  });

  it('are answered in Kuaidi100’s words', () => {
    const { acknowledgement } = bench.service;
    expect(acknowledgement('taken')).toEqual({
      status: 200,
      contentType: 'application/json',
      body: '{"result":true,"returnCode":"200","message":"成功"}',
    });
    for (const [outcome, status] of [
      ['refused', 401],
      ['unknown', 404],
      ['failed', 503],
    ] as const) {
      const answer = acknowledgement(outcome);
      expect(answer).toMatchObject({ status, contentType: 'application/json' });
      expect(JSON.parse(answer.body)).toEqual({
        result: false,
        returnCode: '500',
        message: expect.any(String),
      });
    }
  });
});

describe('LG-1 what is believed of a push', () => {
  const BAD = { ok: false, reason: 'bad_signature' };
  const MALFORMED = { ok: false, reason: 'malformed' };
  const form = (param: string, sign = md5(param + SALT)): Delivery => ({
    headers: {},
    body: new URLSearchParams({ sign, param }).toString(),
  });

  it('nothing that is forged, touched, or signed with another salt', async () => {
    const parcel = await bench.watched();
    await bench.act(parcel, 'advance');
    const delivery = await bench.signed(parcel);
    expect(bench.verify(delivery)).toMatchObject({ ok: true });
    expect(bench.verify(delivery, 'another')).toEqual(BAD);
    expect(bench.verify(await bench.signed(parcel, { salt: 'another' }))).toEqual(BAD);
    expect(bench.verify(await bench.signed(parcel, { salt: 'another' }), 'another')).toMatchObject({
      ok: true,
    });
    expect(bench.verify(await bench.signed(parcel, { forged: true }))).toEqual(BAD);
    const touched = { headers: {}, body: delivery.body.replace('polling', 'abort') };
    expect(bench.verify(touched)).toEqual(BAD);
    const twice = { headers: {}, body: `${delivery.body}&param=%7B%7D` };
    expect(bench.verify(twice)).toEqual(BAD);
    for (const body of ['', 'param=%7B%7D', `sign=${md5(SALT)}`, '{"sign":"x"}'])
      expect(bench.verify({ headers: {}, body })).toEqual(BAD);
    expect(bench.verify(form('{}', md5('{}')), '')).toEqual(BAD);
  });

  it('nothing that cannot be read', async () => {
    const parcel = await bench.watched();
    for (const param of [
      'no json',
      'null',
      '{}',
      '[]',
      '{"status":"polling"}',
      '{"status":"else","lastResult":{}}',
    ])
      expect(bench.verify(form(param))).toEqual(MALFORMED);
    const event = { context: '已揽收', ftime: '2026-11-11 08:00:00' };
    const told = async (lastResult: object) => bench.verify(await bench.signed(parcel, { lastResult }));
    expect(await told({ data: [event] })).toMatchObject({ ok: true });
    expect(await told({ data: [{ ...event, ftime: 'yesterday' }] })).toEqual(MALFORMED);
    expect(await told({ data: [{ ...event, ftime: '2026-13-11 08:00:00' }] })).toEqual(MALFORMED);
    expect(await told({ data: [{ ftime: event.ftime }] })).toEqual(MALFORMED);
    expect(await told({ data: 'none' })).toEqual(MALFORMED);
    expect(await told({ nu: '' })).toEqual(MALFORMED);
    expect(await told({ com: 'pigeon' })).toEqual({ ok: false, reason: 'foreign' });
  });

  it('the end of the watching, also of a parcel that its carrier never knew', async () => {
    const parcel = newParcel();
    const track = async (status: string) =>
      bench.notice(await bench.signed(parcel, { salt: SALT, status })).track;
    expect(await track('abort')).toEqual({
      carrier: 'yuantong',
      trackingNo: parcel.trackingNo,
      state: 'in_transit',
      events: [],
      ended: true,
    });
    expect((await track('shutdown')).ended).toBe(true);
    expect((await track('polling')).ended).toBe(false);
    expect((await track('updateall')).ended).toBe(false);
  });

  it('events in order, once each, with names or the whole state where codes are missing', async () => {
    const parcel = await bench.watched();
    const event = (context: string, time: string, more: object = {}) => ({ context, time, ...more });
    const delivery = await bench.signed(parcel, {
      lastResult: {
        state: 206,
        data: [
          event('电话无人接听', '2026-11-12 10:00:00'),
          event('派件', '2026-11-12 08:00:00', { status: '派件', statusCode: '' }),
          event(' 派件 ', '2026-11-12 08:00:00', { ftime: '2026-11-12 08:00:00', statusCode: '5' }),
          event('早到的', '2026-11-11 07:00'),
          event('到达', '2026-11-11 09:00:00', { statusCode: 1002, areaName: '湖北,武汉市', location: '' }),
          event('揽收', '2026-11-11 08:00:00', { ftime: '', status: '揽收' }),
        ],
      },
    });
    const { track } = bench.notice(delivery);
    expect(track.state).toBe('difficult');
    expect(track.events.map(({ text, state, code }) => [text, state, code])).toEqual([
      ['早到的', 'in_transit', null],
      ['揽收', 'collected', null],
      ['到达', 'in_transit', '1002'],
      ['派件', 'delivering', '5'],
      ['电话无人接听', 'difficult', null],
    ]);
    expect(track.events[0]?.at).toEqual(new Date('2026-11-10T23:00:00Z'));
    expect(track.events[2]?.location).toBe('湖北,武汉市');
    expect(track.events.at(-1)?.trouble).toBe('failed_delivery');
  });

  it('a state of its own where Kuaidi100 gives none or an unknown one', async () => {
    const parcel = await bench.watched();
    const data = [{ context: '派件', ftime: '2026-11-12 08:00:00', statusCode: '5' }];
    for (const state of [null, '99'])
      expect(bench.notice(await bench.signed(parcel, { lastResult: { state, data } })).track.state).toBe(
        'delivering',
      );
  });

  it('one key for one report, whatever else comes with it', async () => {
    const parcel = await bench.watched();
    await bench.act(parcel, 'advance');
    const key = async (request: object) => bench.notice(await bench.signed(parcel, request)).eventKey;
    const told = await key({});
    expect(await key({ lastResult: { message: 'else', condition: 'F00' } })).toBe(told);
    expect(await key({ status: 'updateall' })).not.toBe(told);
    expect(await key({ lastResult: { state: '202' } })).not.toBe(told);
    expect(await key({ lastResult: { nu: 'YT0000000000000' } })).not.toBe(told);
    expect(await key({ lastResult: { data: [] } })).not.toBe(told);
  });
});

describe('LG-1 answers that are none', () => {
  it.each([
    ['408', 'refused'],
    ['501', 'repeated'],
    ['700', 'refused'],
    ['701', 'refused'],
    ['702', 'refused'],
  ])('a subscription answered with %s is %s', async (code, result) => {
    await fault({ refuseSubscribe: code });
    expect((await bench.service.subscribe(newParcel(), callback())).result).toBe(result);
  });

  it.each([
    ['500', true],
    ['600', true],
    ['601', true],
    ['400', false],
    ['499', false],
  ])('a subscription answered with %s is an error, retryable: %s', async (code, retryable) => {
    await fault({ refuseSubscribe: code, times: 1 });
    const parcel = newParcel();
    await expect(bench.service.subscribe(parcel, callback())).rejects.toMatchObject({
      neighbour: 'kuaidi100',
      code,
      retryable,
    });
    expect(await bench.service.subscribe(parcel, callback())).toEqual({ result: 'subscribed' });
  });

  const REPORT = { message: 'ok', status: '200', state: '0', com: 'yuantong', data: [] };
  const EVENTS = [{ context: '到达', ftime: '2026-11-11 08:00:00' }];
  it.each([
    ['null', { result: false, returnCode: '500', message: '查询无结果，请隔段时间再查' }, null],
    ['null', { ...REPORT, nu: 'YT1' }, null],
    ['null', { ...REPORT, nu: 'YT1', status: '201' }, null],
    ['retryable', { result: false, returnCode: '501' }, { code: '501', retryable: true }],
    ['retryable', { result: false, returnCode: '502' }, { code: '502', retryable: true }],
    ['retryable', { result: false, returnCode: 503 }, { code: '503', retryable: true }],
    ['retryable', { result: false, returnCode: '600' }, { code: '600', retryable: true }],
    ['retryable', { result: false, returnCode: '601' }, { code: '601', retryable: true }],
    ['final', { result: false, returnCode: '400' }, { code: '400', retryable: false }],
    ['final', { result: false, returnCode: '408' }, { code: '408', retryable: false }],
    ['no answer', { ...REPORT, nu: 'YT2', data: EVENTS }, { code: 'unverified_answer', retryable: true }],
    ['no answer', { ...REPORT, data: EVENTS }, { code: 'unverified_answer', retryable: true }],
    ['no answer', { ...REPORT, nu: 'YT1', com: 'x', data: EVENTS }, { code: 'unverified_answer' }],
    ['no answer', { ...REPORT, nu: 'YT1', com: 'ems', data: EVENTS }, { code: 'unverified_answer' }],
    ['no answer', {}, { code: 'unverified_answer', retryable: true }],
    ['no answer', [], { code: 'unverified_answer', retryable: true }],
  ])('a query is %s when told %j', async (_, body, error) => {
    const mouthpiece = new Mouthpiece();
    const service = bench.adapter({ baseUrl: await mouthpiece.listen() });
    mouthpiece.says = () => ({ status: 200, body: JSON.stringify(body) });
    const parcel: Parcel = { carrier: 'yuantong', trackingNo: 'YT1', phone: null };
    try {
      if (error === null) expect(await service.query(parcel)).toBeNull();
      else await expect(service.query(parcel)).rejects.toMatchObject(error);
    } finally {
      await mouthpiece.close();
    }
  });

  it.each([
    [200, '<html>'],
    [200, '{"result":true,"returnCode":"501"}'],
    [200, '{"result":false,"returnCode":"200"}'],
    [200, '{"result":true}'],
    [200, 'null'],
    [302, ''],
    [500, '{"result":true,"returnCode":"200"}'],
  ])('a subscription answered with HTTP %i %s leaves its result unknown', async (status, body) => {
    const mouthpiece = new Mouthpiece();
    const service = bench.adapter({ baseUrl: await mouthpiece.listen() });
    mouthpiece.says = () => ({ status, body });
    try {
      await expect(service.subscribe(newParcel(), callback())).rejects.toMatchObject({
        code: 'unverified_answer',
        retryable: true,
      });
    } finally {
      await mouthpiece.close();
    }
  });

  it('silence leaves the result unknown: the subscription is found when repeated, the track when asked again', async () => {
    await fault({ timeoutAfterSuccess: ['poll', 'query'], times: 1 });
    const impatient = bench.adapter({ timeoutMs: SHORT_MS });
    const silent = { code: 'network', retryable: true };
    const parcel = newParcel();
    await expect(impatient.subscribe(parcel, callback())).rejects.toMatchObject(silent);
    expect(await impatient.subscribe(parcel, callback())).toEqual({ result: 'repeated' });
    await bench.act(parcel, 'advance');
    await fault({ timeoutAfterSuccess: ['query'], times: 1 });
    await expect(impatient.query(parcel)).rejects.toMatchObject(silent);
    expect(await impatient.query(parcel)).toMatchObject({ state: 'collected' });
    const lost = bench.adapter({ baseUrl: 'http://127.0.0.1:9' });
    await expect(lost.query(parcel)).rejects.toMatchObject(silent);
  });

  it('a key that was changed costs retries until it is mended', async () => {
    const parcel = await bench.watched();
    await bench.act(parcel, 'advance');
    await bench.control('POST', '/keys', { key: 'rotated' });
    await expect(bench.service.query(parcel)).rejects.toMatchObject({ code: '503', retryable: true });
    await expect(bench.service.subscribe(newParcel(), callback())).rejects.toMatchObject({
      code: '600',
      retryable: true,
    });
    bench.keys = { key: 'rotated', customer: CUSTOMER };
    expect(await bench.service.query(parcel)).toMatchObject({ state: 'collected' });
    await bench.watched();
  });
});

describe('LG-1 the sandbox refuses', () => {
  const subscription = (changes: object = {}, parameters: object = {}) => ({
    company: 'yuantong',
    number: 'YT1234567890123',
    key: KEY,
    parameters: { callbackurl: 'http://127.0.0.1:9/', salt: SALT, resultv2: '4', ...parameters },
    ...changes,
  });
  const poll = (param: object, more: object = {}) =>
    bench.raw('poll', { schema: 'json', param: JSON.stringify(param), ...more });

  it('subscriptions that Kuaidi100 would refuse, with HTTP 200', async () => {
    const refused = (returnCode: string) => ({ status: 200, result: false, returnCode });
    expect(await poll(subscription(), { schema: 'xml' })).toMatchObject(refused('700'));
    expect(await poll(subscription(), { param: 'no json' })).toMatchObject(refused('700'));
    expect(await poll(subscription({ key: 'wrong' }))).toMatchObject(refused('600'));
    expect(await poll(subscription({ company: 'pigeon' }))).toMatchObject(refused('700'));
    expect(await poll(subscription({ number: '' }))).toMatchObject(refused('700'));
    expect(await poll(subscription({}, { callbackurl: 'ftp://x' }))).toMatchObject(refused('700'));
    expect(await poll(subscription({ company: 'shunfeng' }))).toMatchObject(refused('408'));
    expect(await bench.raw('poll', JSON.stringify(subscription()))).toMatchObject(refused('700'));
    expect(await poll(subscription())).toMatchObject({ status: 200, result: true, returnCode: '200' });
  });

  it('queries that are incomplete, badly signed or of an unknown company', async () => {
    const param = JSON.stringify({ com: 'yuantong', num: 'YT1234567890123' });
    const fields = { customer: CUSTOMER, param, sign: md5(param + KEY + CUSTOMER) };
    const code = async (changes: object) =>
      (await bench.raw('poll/query.do', { ...fields, ...changes })).returnCode;
    const signed = (text: string) => ({ param: text, sign: md5(text + KEY + CUSTOMER) });
    expect(await code({})).toBe('500');
    expect(await code({ customer: '' })).toBe('400');
    expect(await code({ customer: 'X', sign: md5(`${param}${KEY}X`) })).toBe('503');
    expect(await code({ sign: fields.sign.toLowerCase() })).toBe('503');
    expect(await code({ sign: md5(param + CUSTOMER + KEY) })).toBe('503');
    expect(await code(signed('{"com":"pigeon","num":"YT1234567890123"}'))).toBe('400');
    expect(await code(signed('{"com":"yuantong"}'))).toBe('400');
  });

  it('codes to who does not ask for them', async () => {
    const parcel = newParcel();
    await bench.act(parcel, 'advance');
    const asked = async (resultv2: object) => {
      const param = JSON.stringify({ com: parcel.carrier, num: parcel.trackingNo, ...resultv2 });
      const sign = md5(param + KEY + CUSTOMER);
      const { state, data } = await bench.raw('poll/query.do', { customer: CUSTOMER, sign, param });
      return { state, ...data[0] };
    };
    expect(await asked({})).not.toHaveProperty('status');
    const named = await asked({ resultv2: '1' });
    expect(named).toMatchObject({ state: '1', status: '揽收', areaName: expect.any(String) });
    expect(named).not.toHaveProperty('statusCode');
    expect(await asked({ resultv2: '4' })).toMatchObject({
      state: '103',
      statusCode: '103',
      status: '已揽收',
    });
  });

  it.each([
    ['POST', '/faults', { nonsense: true }, 400],
    ['POST', '/faults', { stuckRefund: true }, 400],
    ['POST', '/keys', {}, 400],
    ['POST', '/settings', { stepMs: 0 }, 400],
    ['GET', '/parcels/yuantong/NOBODY1', undefined, 404],
    ['POST', '/parcels/yuantong/NOBODY1/notify', {}, 404],
    ['POST', '/parcels/pigeon/NOBODY1/advance', {}, 400],
    ['POST', '/parcels/yuantong/NOBODY1/events', { state: 'flying' }, 400],
    ['POST', '/parcels/yuantong/NOBODY1/course', { course: 'round' }, 400],
    ['POST', '/sign', { carrier: 'yuantong', trackingNo: 'NOBODY1' }, 409],
  ])('%s %s with %o with %i', async (method, at, body, status) => {
    expect((await bench.control(method, at, body)).status).toBe(status);
  });

  it('to send again what was never told', async () => {
    const parcel = newParcel();
    await bench.act(parcel, 'advance');
    expect((await bench.control('POST', `${path(parcel)}/notify`)).json.error).toBe('NO_NOTIFICATION');
  });
});

describe('the sandbox’s books', () => {
  it('I5 survive its restart, with the pushes that were due and parcels that move on', async () => {
    bench.merchant.reply = () => null;
    const parcel = await bench.watched();
    await bench.act(parcel, 'course', { course: 'refused' });
    await bench.act(parcel, 'advance', { to: 'delivering' });
    const { events } = await bench.shown(parcel);
    bench.merchant.reply = () => bench.service.acknowledgement('taken');
    await bench.restart();
    expect(await bench.shown(parcel)).toMatchObject({ events, course: 'refused', subscribed: true });
    await bench.control('POST', '/settings', { autoAdvance: true, stepMs: 20 });
    await vi.waitFor(async () => expect((await bench.shown(parcel)).state).toBe('returned'));
    await vi.waitFor(async () => {
      const last = (await bench.shown(parcel)).notifications.at(-1);
      expect(last).toMatchObject({ kind: 'shutdown', state: 'delivered' });
    });
  });

  it('I2 are read page by page', async () => {
    const numbers = [await bench.watched(), await bench.watched(), await bench.watched()].map(
      ({ trackingNo }) => trackingNo,
    );
    const first = (await bench.control('GET', '/parcels?limit=2')).json;
    const second = (await bench.control('GET', `/parcels?limit=2&cursor=${first.nextCursor}`)).json;
    const shown = [...first.parcels, ...second.parcels];
    expect(shown.map(({ trackingNo }) => trackingNo)).toEqual(numbers);
    expect(second.nextCursor).toBeNull();
  });

  it('I2 are shown to people', async () => {
    const parcel = await bench.watched();
    await bench.act(parcel, 'events', { state: 'collected', text: '<b>已揽收</b>' });
    const path = `/kuaidi100/parcel/yuantong/${parcel.trackingNo}`;
    const index = await (await fetch(`${bench.url}/kuaidi100`)).text();
    expect(index).toContain(
      `<td>圆通速递</td>\n<td><a href="${path}">${parcel.trackingNo}</a></td>\n<td>已揽收</td>`,
    );
    const html = await (await fetch(`${bench.url}${path}`)).text();
    expect(html).toContain('&#60;b&#62;已揽收');
    expect((await fetch(`${bench.url}/kuaidi100/parcel/yuantong/NOBODY1`)).status).toBe(404);
  });
});

it('LG-1 the adapter and the sandbox speak the recorded wire format', async () => {
  const calls = new Recorder(() => bench.url, ['content-type']);
  const pushes = new Recorder(() => bench.callbackUrl.replace(/\/notify$/, ''), ['content-type']);
  const service = bench.adapter({ baseUrl: await calls.listen() });
  const url = `${await pushes.listen()}/notify`;
  const parcel: Parcel = { carrier: 'shunfeng', trackingNo: 'SF1000000000001', phone: '13800138000' };
  try {
    await service.query(parcel);
    await service.subscribe(parcel, { url, salt: SALT });
    await service.subscribe(parcel, { url, salt: SALT });
    await bench.act(parcel, 'events', {
      state: 'collected',
      text: '【杭州市】顺丰速运 已收取快件',
      at: '2026-11-11T10:00:00+08:00',
      location: '杭州市',
    });
    await bench.merchant.received(1);
    await bench.act(parcel, 'events', { state: 'signed', at: '2026-11-12T18:30:00+08:00' });
    await bench.merchant.received(2);
    await service.query(parcel);
    await service.subscribe({ ...parcel, trackingNo: 'SF1000000000002', phone: null }, { url, salt: SALT });
    // A pair is kept once its answer has come back, which the merchant's side does not see.
    await vi.waitFor(() => expect(pushes.pairs).toHaveLength(2));
  } finally {
    await Promise.all([calls.close(), pushes.close()]);
  }
  const pairs = normalised([...calls.pairs, ...pushes.pairs], [[/127\.0\.0\.1%3A\d+/g, '127.0.0.1%3APORT']]);
  await expect(`${JSON.stringify(pairs, null, 2)}\n`).toMatchFileSnapshot('fixtures/kuaidi100.json');
});
