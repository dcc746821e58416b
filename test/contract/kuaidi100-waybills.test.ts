import { createHash, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { kuaidi100Keys } from '../../config/keys.ts';
import { CARRIERS, type Carrier, isValidTrackingNo } from '../../domain/logistics/carriers.ts';
import { LABEL_CODES } from '../../providers/kuaidi100/errors.ts';
import { NeighbourError } from '../../providers/neighbour-error.ts';
import type { Consignment, IssuedWaybill } from '../../providers/waybills/port.ts';
import { ACCOUNTS, Bench, CUSTOMER, KEY, SECRET } from './kuaidi100-fixture.ts';
import { normalised, Recorder } from './recorder.ts';
import { Mouthpiece } from './wechatpay-servers.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await new Bench().open();
});
afterEach(() => bench.close());

/** Far below the sandbox's 10 s of silence, far above an answer of this machine. */
const SHORT_MS = 1000;
const fault = (rule: object) => bench.control('POST', '/faults', rule);
const waybillsShown = async () => (await bench.control('GET', '/waybills')).json.waybills;
const label = async (url: string) => (await fetch(url)).text();

function consignment(changes: Partial<Consignment> = {}): Consignment {
  return {
    waybillNo: `W${randomUUID()}`,
    merchantId: 'M1',
    carrier: 'zhongtong',
    sender: { name: '杭州茶庄', phone: '0571-88888888', address: '浙江省杭州市西湖区文三路 1 号' },
    receiver: {
      name: '王<b>小</b>明 & "co"',
      phone: '13800138000',
      address: '上海市浦东新区世纪大道 <1> 号',
    },
    goods: '明前龙井 50g & 礼盒',
    weightGrams: 1250,
    ...changes,
  };
}

async function issued(changes: Partial<Consignment> = {}): Promise<IssuedWaybill> {
  const answer = await bench.waybills().issue(consignment(changes));
  if (answer.result !== 'issued') throw new Error(`the waybill was ${JSON.stringify(answer)}`);
  return answer;
}

const voiding = (
  { trackingNo, carrierOrderNo }: IssuedWaybill,
  changes: { carrier?: Carrier; merchantId?: string; carrierOrderNo?: string | null } = {},
) =>
  bench.waybills().void({
    merchantId: 'M1',
    carrier: 'zhongtong',
    trackingNo,
    carrierOrderNo,
    reason: '不发了',
    ...changes,
  });

describe('FU-8 an electronic waybill', () => {
  it.each(['shunfeng', 'zhongtong', 'yunda'] as const)(
    'is issued by %s with a number in its form and a label to print',
    async (carrier) => {
      const asked = consignment({ carrier });
      const { trackingNo, labelUrl, carrierOrderNo } = await issued(asked);
      expect(isValidTrackingNo(carrier, trackingNo)).toBe(true);
      expect(carrierOrderNo === null).toBe(carrier !== 'shunfeng');
      const html = await label(labelUrl);
      expect(html).toContain(`<p class="number">${trackingNo}</p>`);
      expect(html).toContain('<dd>王&#60;b&#62;小&#60;/b&#62;明 &#38; &#34;co&#34; 13800138000 上海市');
      expect(html).toContain('<dd>杭州茶庄 0571-88888888 浙江省杭州市西湖区文三路 1 号</dd>');
      expect(html).toContain('<dd>明前龙井 50g &#38; 礼盒</dd>');
      expect(html).toContain('<dd>1.25 kg</dd>');
      expect(html).not.toContain('已作废');
      expect(await waybillsShown()).toMatchObject([
        { orderId: asked.waybillNo, carrier, trackingNo, carrierOrderNo, cancelledAt: null, weightKg: 1.25 },
      ]);
    },
  );

  it('needs no weight: the carrier weighs the parcel then', async () => {
    const { labelUrl } = await issued({ weightGrams: null });
    expect(await label(labelUrl)).toContain('<dd>待称重</dd>');
  });

  it('has a number of its own, also for parcels that are alike', async () => {
    const numbers = await Promise.all(Array.from({ length: 20 }, async () => (await issued()).trackingNo));
    expect(new Set(numbers).size).toBe(20);
  });

  it('is watched by its number, as any parcel', async () => {
    const { trackingNo } = await issued({ carrier: 'yunda' });
    const parcel = await bench.watched({ carrier: 'yunda', trackingNo });
    await bench.act(parcel, 'advance');
    expect(await bench.service.query(parcel)).toMatchObject({ state: 'collected', trackingNo });
  });

  it('is served by an account of the merchant at the carrier alone', async () => {
    const service = bench.waybills();
    expect(service.serves('M1', 'shunfeng')).toBe(true);
    expect(service.serves('M1', 'ems')).toBe(false);
    expect(service.serves('M2', 'shunfeng')).toBe(false);
    for (const name of ['constructor', '__proto__', 'toString'])
      expect(service.serves(name, 'ems')).toBe(false);
    await expect(service.issue(consignment({ carrier: 'ems' }))).rejects.toMatchObject({
      neighbour: 'kuaidi100',
      code: 'no_account',
      retryable: true,
    });
    bench.keys = { key: KEY, customer: CUSTOMER };
    expect(service.serves('M1', 'shunfeng')).toBe(false);
    expect(await waybillsShown()).toEqual([]);
  });
});

describe('FU-8 a waybill asked for again', () => {
  it('with the same number is the first one, also after a restart of the other side', async () => {
    const asked = consignment({ carrier: 'shunfeng' });
    const first = await issued(asked);
    expect(await issued(asked)).toEqual(first);
    await bench.restart();
    expect(await issued(asked)).toEqual(first);
    expect(await waybillsShown()).toHaveLength(1);
    expect(await label(first.labelUrl)).toContain(first.trackingNo);
  });

  it('at the same time is one', async () => {
    const asked = consignment();
    const [first, second] = await Promise.all([issued(asked), issued(asked)]);
    expect(second).toEqual(first);
  });

  it('after silence is the one that was issued then', async () => {
    const asked = consignment();
    await fault({ timeoutAfterSuccess: ['order'], onlyOutTradeNo: asked.waybillNo, times: 1 });
    const impatient = bench.waybills({ timeoutMs: SHORT_MS });
    await expect(impatient.issue(asked)).rejects.toMatchObject({ code: 'network', retryable: true });
    const [shown] = await waybillsShown();
    expect(await impatient.issue(asked)).toMatchObject({ result: 'issued', trackingNo: shown.trackingNo });
    expect(await waybillsShown()).toHaveLength(1);
  });

  it('after two days is a new one', async () => {
    const asked = consignment();
    const first = await issued(asked);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 48 * 3600_000 });
    try {
      expect((await issued(asked)).trackingNo).not.toBe(first.trackingNo);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('FU-8 a waybill given back', () => {
  it.each(['shunfeng', 'zhongtong'] as const)(
    'to %s is void: its label says so, and nobody collects the parcel',
    async (carrier) => {
      const waybill = await issued({ carrier });
      expect(await voiding(waybill, { carrier })).toEqual({ result: 'voided' });
      expect(await label(waybill.labelUrl)).toContain('已作废');
      await bench.restart();
      expect(await label(waybill.labelUrl)).toContain('已作废');
      expect(await waybillsShown()).toMatchObject([
        { cancelReason: '不发了', cancelledAt: expect.any(String) },
      ]);
      const { trackingNo } = waybill;
      const parcel = await bench.watched({ carrier, trackingNo, phone: '13800138000' });
      expect(await bench.control('POST', `/parcels/${carrier}/${trackingNo}/advance`)).toMatchObject({
        status: 409,
        json: { error: 'WAYBILL_CANCELLED' },
      });
      expect(await bench.service.query(parcel)).toBeNull();
    },
  );

  it('twice, or one that the carrier does not know, is void', async () => {
    const waybill = await issued();
    await fault({ timeoutAfterSuccess: ['cancel'], times: 1 });
    const impatient = bench.waybills({ timeoutMs: SHORT_MS });
    const { trackingNo, carrierOrderNo } = waybill;
    const given = {
      merchantId: 'M1',
      carrier: 'zhongtong',
      trackingNo,
      carrierOrderNo,
      reason: '不发了',
    } as const;
    await expect(impatient.void(given)).rejects.toMatchObject({ code: 'network', retryable: true });
    expect(await impatient.void(given)).toEqual({ result: 'voided' });
    expect(await impatient.void({ ...given, trackingNo: '70000000000000' })).toEqual({ result: 'voided' });
  });

  it('after its parcel was collected is refused', async () => {
    const waybill = await issued();
    const parcel = await bench.watched({ carrier: 'zhongtong', trackingNo: waybill.trackingNo });
    await bench.act(parcel, 'advance');
    expect(await voiding(waybill)).toEqual({
      result: 'refused',
      code: '30020',
      message: '快件已揽收，不能取消',
    });
    expect(await label(waybill.labelUrl)).not.toContain('已作废');
  });

  it('without the carrier’s number of the order is refused where there is one', async () => {
    const waybill = await issued({ carrier: 'shunfeng' });
    expect(await voiding(waybill, { carrier: 'shunfeng', carrierOrderNo: null })).toMatchObject({
      result: 'refused',
      code: '30001',
    });
  });
});

describe('FU-8 a waybill that is refused', () => {
  it.each(['30001', '30009', '30010', '500'])(
    'with %s says why, and can be asked for again',
    async (code) => {
      const asked = consignment();
      await fault({ refuseLabel: code, onlyOutTradeNo: asked.waybillNo, times: 1 });
      expect(await bench.waybills().issue(asked)).toEqual({
        result: 'refused',
        code,
        message: expect.stringMatching(/./),
      });
      expect(await waybillsShown()).toEqual([]);
      await issued(asked);
    },
  );

  it.each(['-1', '30002', '30003', '30004'])('with %s may be asked for again', async (code) => {
    const asked = consignment();
    await fault({ refuseLabel: code, times: 1 });
    await expect(bench.waybills().issue(asked)).rejects.toMatchObject({
      neighbour: 'kuaidi100',
      code,
      retryable: true,
    });
    await issued(asked);
  });

  it('for a wrong password of the account names the field, for a wrong phone the party', async () => {
    expect(await bench.waybills().issue(consignment({ receiver: person('110') }))).toMatchObject({
      result: 'refused',
      code: '30001',
      message: expect.stringContaining('recMan'),
    });
    const { zhongtong } = ACCOUNTS.M1;
    const accounts = { M1: { zhongtong: { ...zhongtong, partnerKey: 'wrong' } } };
    bench.keys = { key: KEY, customer: CUSTOMER, waybills: { secret: SECRET, accounts } };
    expect(await bench.waybills().issue(consignment())).toMatchObject({
      result: 'refused',
      code: '30001',
      message: expect.stringContaining('partnerKey'),
    });
  });

  it('for our key or secret costs retries until they are mended, also when it is given back', async () => {
    const waybill = await issued();
    await bench.control('POST', '/keys', { secret: 'rotated' });
    await expect(issued()).rejects.toMatchObject({ code: '30002', retryable: true });
    await expect(voiding(waybill)).rejects.toMatchObject({ code: '30002', retryable: true });
    await bench.control('POST', '/keys', { key: 'new-key' });
    await expect(issued()).rejects.toMatchObject({ code: '30003', retryable: true });
    bench.keys = {
      key: 'new-key',
      customer: CUSTOMER,
      waybills: { secret: 'rotated', accounts: ACCOUNTS },
    };
    await issued();
    expect(await voiding(waybill)).toEqual({ result: 'voided' });
  });
});

const person = (phone: string) => ({ name: '王小明', phone, address: '上海市浦东新区世纪大道 1 号' });

describe('FU-8 answers about waybills', () => {
  let mouthpiece: Mouthpiece;
  beforeEach(() => {
    mouthpiece = new Mouthpiece();
  });
  afterEach(() => mouthpiece.close());

  const told = async (body: unknown, status = 200) => {
    mouthpiece.says = () => ({ status, body: typeof body === 'string' ? body : JSON.stringify(body) });
    return bench.waybills({ baseUrl: await mouthpiece.listen() });
  };
  const DATA = { kuaidinum: '70000000000001', label: 'https://example.com/l', kdComOrderNum: null };
  const OK = { success: true, code: 200, message: '', time: 3, data: DATA };

  it.each([
    ['a string as code', { ...OK, code: '200' }],
    ['the first answer again', { ...OK, code: 30011 }],
    ['the first answer again, without success', { ...OK, success: false, code: 30011 }],
    ['no number of the order', { ...OK, data: { ...DATA, kdComOrderNum: '' } }],
    ['no word of it', { ...OK, data: { kuaidinum: DATA.kuaidinum, label: DATA.label } }],
  ])('are read with %s', async (_, body) => {
    expect(await (await told(body)).issue(consignment())).toEqual({
      result: 'issued',
      trackingNo: DATA.kuaidinum,
      labelUrl: DATA.label,
      carrierOrderNo: null,
    });
  });

  it.each([
    [200, '<html>'],
    [200, 'null'],
    [200, '{}'],
    [200, { ...OK, success: false }],
    [200, { ...OK, code: 30001 }],
    [200, { ...OK, data: null }],
    [200, { ...OK, data: {} }],
    [200, { ...OK, data: { ...DATA, kuaidinum: ' ' } }],
    [200, { ...OK, data: { ...DATA, label: '' } }],
    [200, { ...OK, data: { ...DATA, label: 'javascript:alert(1)' } }],
    [200, { ...OK, success: false, code: 30011, data: null }],
    [302, ''],
    [500, OK],
  ])('that cannot be believed leave the result unknown: HTTP %i %j', async (status, body) => {
    await expect((await told(body, status)).issue(consignment())).rejects.toMatchObject({
      neighbour: 'kuaidi100',
      code: 'unverified_answer',
      retryable: true,
    });
  });

  it('repeat nothing that is private, neither as errors nor as refusals', async () => {
    const { receiver, ...others } = consignment();
    const secrets = [receiver.phone, receiver.address, ACCOUNTS.M1.zhongtong.partnerKey];
    const service = await told('');
    const answered = async (code: number) => {
      const body = { success: false, code, message: `坏的：${secrets.join('，')}`, time: 1, data: null };
      mouthpiece.says = () => ({ status: 200, body: JSON.stringify(body) });
      return service.issue({ ...others, receiver });
    };
    expect(await answered(30001)).toEqual({
      result: 'refused',
      code: '30001',
      message: '坏的：***，***，***',
    });
    const error: unknown = await answered(-1).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NeighbourError);
    for (const secret of secrets) expect(JSON.stringify([error, String(error)])).not.toContain(secret);
  });

  it('silence leaves the result unknown', async () => {
    const lost = bench.waybills({ baseUrl: 'http://127.0.0.1:9' });
    await expect(lost.issue(consignment())).rejects.toMatchObject({ code: 'network', retryable: true });
  });
});

it('FU-8 only codes about our own account or about nothing known are retried', () => {
  const retried = Object.keys(LABEL_CODES).filter((code) => LABEL_CODES[code] === 'retry');
  expect(retried.sort()).toEqual(['-1', '30002', '30003', '30004']);
});

describe('FU-8 keys for waybills', () => {
  it('are a part of Kuaidi100’s, and may be absent', () => {
    const keys = { key: KEY, customer: CUSTOMER };
    expect(kuaidi100Keys.parse(keys)).toEqual(keys);
    const whole = { ...keys, waybills: { secret: SECRET, accounts: ACCOUNTS } };
    expect(kuaidi100Keys.parse(whole)).toEqual(whole);
    const account = (changes: object) => ({
      ...keys,
      waybills: {
        secret: SECRET,
        accounts: { M1: { ems: { partnerId: '1', template: 't', ...changes } } },
      },
    });
    expect(kuaidi100Keys.safeParse(account({})).success).toBe(true);
    expect(kuaidi100Keys.safeParse(account({ partnerId: '' })).success).toBe(false);
    expect(kuaidi100Keys.safeParse(account({ password: 'x' })).success).toBe(false);
  });
});

describe('FU-8 the sandbox', () => {
  const md5 = (text: string) => createHash('md5').update(text).digest('hex').toUpperCase();
  const PERSON = { name: '王小明', mobile: '13800138000', printAddr: '上海市浦东新区世纪大道 1 号' };
  const order = (changes: object = {}) => ({
    ...{ printType: 'HTML', partnerId: 'ZTO571001', partnerKey: 'zto-password', kuaidicom: 'zhongtong' },
    ...{ recMan: PERSON, sendMan: PERSON, cargo: '茶', count: 1, weight: 1.5, payType: 'MONTHLY' },
    ...{ expType: '标准快递', tempId: 't', orderId: 'W1', reorder: false, needSubscribe: false },
    ...changes,
  });
  const form = (param: object, { t = String(Date.now()), method = 'order' } = {}) => {
    const text = JSON.stringify(param);
    return { method, key: KEY, t, param: text, sign: md5(text + t + KEY + SECRET) };
  };
  const refused = (code: number) => ({ status: 200, success: false, code, data: null });

  it('refuses what Kuaidi100 would refuse, with HTTP 200', async () => {
    const post = (fields: Record<string, string> | string) => bench.raw('label/order', fields);
    const fields = form(order());
    expect(await post({ ...fields, key: 'wrong' })).toMatchObject(refused(30003));
    expect(await post({ ...fields, sign: md5('else') })).toMatchObject(refused(30002));
    expect(await post({ ...fields, sign: fields.sign.toLowerCase() })).toMatchObject(refused(30002));
    const old = String(Date.now() - 11 * 60_000);
    expect(await post(form(order(), { t: old }))).toMatchObject(refused(30002));
    expect(await post(form(order(), { t: 'now' }))).toMatchObject(refused(30002));
    expect(await post({ ...fields, method: 'print' })).toMatchObject(refused(30001));
    expect(await post(JSON.stringify(fields))).toMatchObject(refused(30001));
    for (const name of Object.keys(fields)) {
      const { [name as keyof typeof fields]: _left, ...rest } = fields;
      expect(await post(rest)).toMatchObject(refused(30001));
      const twice = new URLSearchParams([...Object.entries(fields), [name, 'again']]);
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const answer = await fetch(`${bench.url}/kuaidi100/label/order`, {
        method: 'POST',
        headers,
        body: twice.toString(),
      });
      expect(await answer.json()).toMatchObject({ success: false, code: 30001 });
    }
    expect(await waybillsShown()).toEqual([]);
    expect(await post(fields)).toMatchObject({ success: true, code: 200, data: { kdComOrderNum: '' } });
    expect(await post(fields)).toMatchObject({ success: true, code: 30011 });
    const again = form(order({ reorder: true }));
    expect(await post(again)).toMatchObject({ success: true, code: 200 });
    expect(await waybillsShown()).toHaveLength(2);
  });

  it.each([
    ...['printType', 'partnerId', 'partnerKey', 'kuaidicom', 'recMan', 'sendMan', 'cargo', 'count'],
    ...['payType', 'expType', 'tempId', 'orderId', 'needSubscribe'],
  ])('refuses an order without %s', async (name) => {
    const answer = await bench.raw('label/order', form(order({ [name]: undefined })));
    expect(answer).toMatchObject({ ...refused(30001), message: expect.stringContaining(name) });
  });

  it.each([
    { kuaidicom: 'pigeon' },
    { kuaidicom: 'shunfeng' },
    { partnerId: '5710000001' },
    { partnerSecret: 'too much' },
    { recMan: { ...PERSON, mobile: '1380013800' } },
    { recMan: { ...PERSON, mobile: undefined } },
    { sendMan: { ...PERSON, tel: '12' } },
    { sendMan: { ...PERSON, printAddr: ' ' } },
    { count: 2 },
    { weight: '1.5' },
    { weight: 0 },
  ])('refuses an order with %j', async (changes) => {
    expect(await bench.raw('label/order', form(order(changes)))).toMatchObject(refused(30001));
  });

  it('refuses a cancel of another account’s waybill, and one without a reason', async () => {
    const { trackingNo } = await issued();
    const cancel = (changes: object) =>
      bench.raw(
        'label/order',
        form(
          {
            ...{ partnerId: 'ZTO571001', partnerKey: 'zto-password', kuaidicom: 'zhongtong' },
            ...{ kuaidinum: trackingNo, reason: '不发了', ...changes },
          },
          { method: 'cancel' },
        ),
      );
    expect(await cancel({ partnerKey: 'else' })).toMatchObject(refused(30001));
    expect(await cancel({ reason: undefined })).toMatchObject(refused(30001));
    expect(await cancel({})).toMatchObject({ success: true, code: 200 });
    expect(await cancel({})).toMatchObject(refused(30009));
  });

  it('I2 shows the waybills, page by page and to people', async () => {
    const asked = [consignment(), consignment(), consignment()];
    for (const one of asked) await issued(one);
    const first = (await bench.control('GET', '/waybills?limit=2')).json;
    const second = (await bench.control('GET', `/waybills?limit=2&cursor=${first.nextCursor}`)).json;
    const shown = [...first.waybills, ...second.waybills];
    expect(shown.map(({ orderId }) => orderId)).toEqual(asked.map(({ waybillNo }) => waybillNo));
    const one = (await bench.control('GET', `/waybills/${asked[0]?.waybillNo}`)).json;
    expect(one).toEqual(shown[0]);
    expect(one).toMatchObject({ receiver: asked[0]?.receiver, goods: asked[0]?.goods });
    expect((await bench.control('GET', '/waybills/nothing')).status).toBe(404);
    const index = await label(`${bench.url}/kuaidi100`);
    expect(index).toContain(`<a href="${one.labelPath}">${one.trackingNo}</a>`);
    expect((await fetch(`${bench.url}/kuaidi100/label/nothing`)).status).toBe(404);
  });

  it('gives numbers in the form of every carrier', async () => {
    const { WaybillBooks } = await import('../../sandbox/kuaidi100/waybill.ts');
    const books = new WaybillBooks(async () => {});
    for (const carrier of CARRIERS)
      expect(
        isValidTrackingNo(
          carrier,
          books.numberOf(carrier, () => false),
        ),
      ).toBe(true);
    const seen: string[] = [];
    const other = books.numberOf('ems', (no) => seen.push(no) < 3);
    expect(seen.at(-1)).toBe(other);
    expect(seen).toHaveLength(3);
  });
});

it('FU-8 the adapter and the sandbox speak the recorded wire format', async () => {
  const calls = new Recorder(() => bench.url, ['content-type']);
  const service = bench.waybills({ baseUrl: await calls.listen() });
  const asked = consignment({ waybillNo: 'W20261111000001', carrier: 'shunfeng' });
  try {
    const first = await service.issue(asked);
    await service.issue(asked);
    await service.issue(consignment({ waybillNo: 'W20261111000002', carrier: 'yunda', weightGrams: null }));
    if (first.result !== 'issued') throw new Error('the waybill was refused');
    const { trackingNo, carrierOrderNo } = first;
    const given = {
      merchantId: 'M1',
      carrier: 'shunfeng',
      trackingNo,
      carrierOrderNo,
      reason: '不发了',
    } as const;
    await service.void(given);
    await service.void(given);
  } finally {
    await calls.close();
  }
  const pairs = normalised(calls.pairs, [
    [/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT'],
    [/([?&])t=\d+/g, '$1t=T'],
    [/sign=[0-9A-F]{32}/g, 'sign=SIGN'],
    [/(\\*"time\\*":)\d+/g, '$10'],
    [/label\/[\w-]{24}/g, 'label/ID'],
    [/(taskId\\*":\\*")[\w-]{24}/g, '$1ID'],
    [/SF\d{13}/g, 'NUMBER'],
    [/(kuaidinum\\*":\\*")\d{15}/g, '$1NUMBER'],
    [/O\d{12}/g, 'ORDER'],
  ]);
  await expect(`${JSON.stringify(pairs, null, 2)}\n`).toMatchFileSnapshot('fixtures/kuaidi100-waybills.json');
});
