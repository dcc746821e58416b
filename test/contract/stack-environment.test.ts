import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stackEnvironment } from '../../cli/stack/environment.ts';
import { ensureKeys } from '../../cli/stack/keys.ts';
import { choosePorts } from '../../cli/stack/ports.ts';
import { type Config, loadConfig } from '../../config/index.ts';
import {
  createProviders,
  createStorage,
  createTrackingService,
  createWarehouseSystems,
  createWaybillService,
} from '../../providers/index.ts';
import { type RunningSandbox, startSandbox } from '../../sandbox/app.ts';
import { loadSandboxConfig } from '../../sandbox/config.ts';

/** The local stack's environment, read by both sides as their processes read it. */

let dataDir: string;
let environment: Record<string, string>;
let config: Config;
let sandbox: RunningSandbox;
let control: (method: string, path: string, body?: object) => Promise<any>;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'stack-'));
  environment = stackEnvironment({
    dataDir,
    ports: await choosePorts({}),
    keys: await ensureKeys(join(dataDir, 'keys')),
    databaseUrl: 'postgres://127.0.0.1:9/none',
    temporalAddress: '127.0.0.1:9',
    namespace: 'default',
    overrides: {},
  });
  config = loadConfig(environment);
  sandbox = await startSandbox(loadSandboxConfig(environment));
  control = async (method, path, body) => {
    const response = await fetch(`${sandbox.url}/control${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
    return response.json();
  };
});
afterAll(async () => {
  await sandbox?.close();
  await rm(dataDir, { recursive: true });
});

const receiver = {
  name: '张三',
  phone: '13800000001',
  province: '上海市',
  city: '上海市',
  district: '浦东新区',
  street: '世纪大道 1 号',
};

test.each(['W2', 'W3'])(
  'FU-2 the warehouse %s takes our orders, and we believe what it tells',
  async (warehouseCode) => {
    const warehouse = createWarehouseSystems(config).get('qimen');
    const order = {
      shipmentNo: `S-${warehouseCode}`,
      warehouseCode,
      carrier: null,
      placedAt: new Date('2026-11-11T00:00:00Z'),
      paidAt: new Date('2026-11-11T00:05:00Z'),
      receiver,
      lines: [{ lineNo: 1, skuId: 'SKU-TEA', title: '明前龙井', quantity: 1 }],
      remark: null,
    };
    expect(await warehouse?.push(order)).toMatchObject({ result: 'accepted' });
    const delivery = await control('POST', '/qimen/sign', {
      method: 'orderprocess.report',
      shipmentNo: order.shipmentNo,
    });
    const received = { rawBody: delivery.body, header: () => undefined, receivedAt: new Date() };
    expect(warehouse?.verify(received, new URLSearchParams(delivery.query))).toMatchObject({
      ok: true,
      notice: { kind: 'stage', stage: 'accepted', shipmentNo: order.shipmentNo, warehouseCode },
    });
  },
);

test('FU-2 without a gateway orders go to Qimen’s own router; whose goods they are must be said', () => {
  const { QIMEN_GATEWAY: _gateway, ...others } = environment;
  expect(loadConfig(others).QIMEN_GATEWAY).toBe('https://qimen.api.taobao.com/router/qimen/service');
  expect(() => loadConfig({ ...others, QIMEN_OWNER_CODE: '' })).toThrow(/QIMEN_OWNER_CODE/);
  const refused = /SANDBOX_QIMEN_NOTIFY_URL[\s\S]*SANDBOX_QIMEN_WAREHOUSES/;
  const wrong = { SANDBOX_QIMEN_NOTIFY_URL: 'here', SANDBOX_QIMEN_WAREHOUSES: 'W2,,W3' };
  expect(() => loadSandboxConfig({ ...environment, ...wrong })).toThrow(refused);
});

test.each([
  ['M1', 'shunfeng'],
  ['M1', 'zhongtong'],
  ['M2', 'shunfeng'],
  ['M2', 'zhongtong'],
] as const)(
  'FU-8 the merchant %s gets waybills from %s, and gives them back',
  async (merchantId, carrier) => {
    const service = createWaybillService(config);
    const party = { name: '张三', phone: '13800000001', address: '上海市浦东新区世纪大道 1 号' };
    const waybillNo = `W-${merchantId}-${carrier}`;
    const parties = { sender: party, receiver: party };
    const parcel = { goods: '明前龙井', weightGrams: 500 };
    const issued = await service.issue({ waybillNo, merchantId, carrier, ...parties, ...parcel });
    if (issued.result !== 'issued') throw new Error(`the waybill was refused: ${issued.message}`);
    expect(issued.labelUrl.startsWith(`${sandbox.url}/kuaidi100/label/`)).toBe(true);
    expect((await fetch(issued.labelUrl)).status).toBe(200);
    expect(await control('GET', `/kuaidi100/waybills/${waybillNo}`)).toMatchObject({
      trackingNo: issued.trackingNo,
    });
    expect(await service.void({ merchantId, carrier, ...issued, reason: '不发了' })).toEqual({
      result: 'voided',
    });
    expect(service.serves(merchantId, 'ems')).toBe(false);
  },
);

test('FU-8 without an address waybills come from Kuaidi100’s own', () => {
  const { KUAIDI100_LABEL_URL: _url, ...others } = environment;
  expect(loadConfig(others).KUAIDI100_LABEL_URL).toBe('https://api.kuaidi100.com/label/order');
});

test('RT-1 with a bucket evidence is kept there, otherwise in the folder; a bucket needs its keys', async () => {
  async function* content() {
    yield Buffer.from('one');
  }
  const [inFolder, inBucket] = [randomUUID(), randomUUID()];
  await createStorage(config).put(inFolder, content(), 'image/png');
  expect(await readdir(environment['EVIDENCE_DIR'] as string)).toEqual([inFolder]);
  const chosen: Record<string, string> = {
    ...environment,
    S3_BUCKET: 'evidence',
    S3_PREFIX: 'shop/evidence/',
  };
  await createStorage(loadConfig(chosen)).put(inBucket, content(), 'image/png');
  const { objects } = await control('GET', '/s3/objects');
  expect(objects).toMatchObject([{ key: `shop/evidence/${inBucket}`, bytes: 3, mediaType: 'image/png' }]);
  const { S3_KEYS: _keys, ...keyless } = chosen;
  expect(() => loadConfig(keyless)).toThrow('S3_KEYS: is needed with S3_BUCKET');
  expect(() => loadConfig({ ...chosen, S3_PREFIX: 'no-slash' })).toThrow(/S3_PREFIX: .*evidence\//);
});

test('I2 the index shows trades with their amounts, and leads to the pages of who takes no money', async () => {
  const alipay = createProviders(config).get('alipay');
  const outTradeNo = 'P20261111000001';
  await alipay?.start({
    method: 'alipay_qr',
    outTradeNo,
    amountFen: 15_000n,
    subject: '明前龙井',
    expiresAt: new Date(Date.now() + 60_000),
  });
  const parcel = { carrier: 'shunfeng', trackingNo: 'SF1000000000001', phone: '13800138000' } as const;
  await createTrackingService(config).subscribe(parcel, { url: 'http://127.0.0.1:9', salt: 'salt' });
  const page = async (path: string) => (await fetch(`${sandbox.url}${path}`)).text();
  const index = await page('/');
  expect(index).toContain(outTradeNo);
  expect(index).toContain('<td>¥150.00</td>');
  expect(index).not.toContain(parcel.trackingNo);
  const others = [...index.matchAll(/<li><a href="([^"]+)">([^<]+)<\/a> <code>\1<\/code><\/li>/g)];
  expect(others.map(([, path, title]) => [path, title])).toEqual([
    ['/kuaidi100', '快递 Carrier · Kuaidi100'],
    ['/qimen', '仓库 WMS · Qimen'],
    ['/s3', '对象存储 Object storage · S3'],
  ]);
  expect(await page('/kuaidi100')).toContain(parcel.trackingNo);
  expect(await page('/qimen')).toContain('出库单 Order');
});
