import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WarehouseSystem } from '../../providers/warehouse/port.ts';
import { Bench, beijing, NEXT_SECRET, queryBody, WAREHOUSE } from './qimen-fixture.ts';
import { Mouthpiece } from './qimen-servers.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await new Bench().open();
});
afterEach(() => bench.close());

const MINUTE_MS = 60_000;
const REF = { shipmentNo: 'S1', warehouseCode: WAREHOUSE };

describe('FU-2 the warehouse checks every call as strictly as Qimen', () => {
  it.each([
    ['sign-check-failure', () => ({ secret: NEXT_SECRET })],
    ['sign-check-failure', () => ({ sign: '' })],
    ['sign-check-failure', () => ({ sentBody: queryBody('OTHER') })],
    ['sign-check-failure', () => ({ appended: '&more=1' })],
    ['invalid-parameter', () => ({ appended: '&method=order.cancel' })],
    ['invalid-app-key', () => ({ parameters: { app_key: '1' } })],
    ['invalid-customer-id', () => ({ parameters: { customerId: 'c1' } })],
    ['invalid-version', () => ({ parameters: { v: '3.0' } })],
    ['invalid-format', () => ({ parameters: { format: 'json' } })],
    ['invalid-format', () => ({ contentType: 'application/json' })],
    ['invalid-sign-method', () => ({ parameters: { sign_method: 'hmac' } })],
    ['invalid-timestamp', () => ({ parameters: { timestamp: beijing(Date.now() - 11 * MINUTE_MS) } })],
    ['invalid-timestamp', () => ({ parameters: { timestamp: beijing(Date.now() + 11 * MINUTE_MS) } })],
    ['invalid-timestamp', () => ({ parameters: { timestamp: 'now' } })],
    ['invalid-method', () => ({ parameters: { method: 'stockout.create' } })],
    ['invalid-xml', () => ({ body: '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///x">]><request>&x;</request>' })],
    ['invalid-xml', () => ({ body: '<response/>' })],
    ['invalid-xml', () => ({ body: '<request>&unknown;</request>' })],
    ['invalid-xml', () => ({ body: '<request><orderCode>1</orderCode><orderCode>2</orderCode></request>' })],
    ['invalid-parameter', () => ({ body: '<request/>' })],
    ['invalid-parameter', () => ({ body: queryBody('', '') })],
    ['owner-not-exist', () => ({ body: queryBody().replace('H1001', 'H9') })],
    ['warehouse-not-exist', () => ({ body: queryBody().replace(WAREHOUSE, 'W9') })],
    ['order-not-exist', () => ({})],
  ])('%s: %s', async (code, request) => {
    const { status, text } = await bench.raw(request());
    expect(status).toBe(200);
    expect(text).toContain(`<response><flag>failure</flag><code>${code}</code>`);
  });

  it.each([
    ['deliveryOrder.deliveryOrderCode', /<deliveryOrderCode>.*<\/deliveryOrderCode>/],
    ['deliveryOrder.orderType', /JYCK/],
    ['deliveryOrder.createTime', /<createTime>.*<\/createTime>/],
    ['deliveryOrder.shopNick', /<shopNick>.*<\/shopNick>/],
    ['deliveryOrder.logisticsCode', /<logisticsCode>.*<\/logisticsCode>/],
    ['deliveryOrder.receiverInfo.mobile', /<mobile>.*<\/mobile>/],
    ['deliveryOrder.receiverInfo.area', /<area>.*<\/area>/],
    ['orderLines', /<orderLines>.*<\/orderLines>/],
    ['orderLines.orderLine.0.itemCode', /<itemCode>.*<\/itemCode>/],
  ])('a delivery order without its %s is refused', async (field, pattern) => {
    const parameters = { method: 'deliveryorder.create' };
    const whole = await bench.raw({ parameters, body: CREATION });
    expect(whole.text).toContain('<flag>success</flag>');
    const { text } = await bench.raw({ parameters, body: CREATION.replace(pattern, '') });
    expect(text).toContain(`<code>invalid-parameter</code><message>参数错误: ${field} `);
  });

  it('an order that comes twice is the same or refused', async () => {
    const parameters = { method: 'deliveryorder.create' };
    const idOf = (text: string) => /<deliveryOrderId>(\w+)</.exec(text)?.[1];
    const first = await bench.raw({ parameters, body: CREATION });
    const second = await bench.raw({
      parameters,
      body: CREATION.replace(
        /<createTime>.*<\/createTime>/,
        `<createTime>${beijing(Date.now())}</createTime>`,
      ),
    });
    expect(idOf(first.text)).toBeDefined();
    expect(idOf(second.text)).toBe(idOf(first.text));
    const other = await bench.raw({ parameters, body: CREATION.replace('<planQty>1<', '<planQty>2<') });
    expect(other.text).toContain('<code>order-exists</code>');
  });
});

const CREATION = `<request><deliveryOrder><deliveryOrderCode>RAW1</deliveryOrderCode><orderType>JYCK</orderType><warehouseCode>${WAREHOUSE}</warehouseCode><sourcePlatformCode>OTHER</sourcePlatformCode><createTime>2026-11-11 08:00:00</createTime><placeOrderTime>2026-11-11 08:00:00</placeOrderTime><operateTime>2026-11-11 08:00:00</operateTime><shopNick>店</shopNick><logisticsCode>SF</logisticsCode><receiverInfo><name>王</name><mobile>1</mobile><province>浙</province><city>杭</city><area>西</area><detailAddress>1</detailAddress></receiverInfo></deliveryOrder><orderLines><orderLine><orderLineNo>1</orderLineNo><ownerCode>H1001</ownerCode><itemCode>A</itemCode><itemName>茶</itemName><planQty>1</planQty></orderLine></orderLines></request>`;

describe('answers that the sandbox never gives', () => {
  let other: Mouthpiece;
  let warehouse: WarehouseSystem;
  beforeEach(async () => {
    other = new Mouthpiece();
    warehouse = bench.adapter({ gateway: await other.listen() });
  });
  afterEach(() => other.close());

  const failure = (code: string, message = '') => ({
    body: `<response><flag>failure</flag><code>${code}</code><message>${message}</message></response>`,
  });
  const books = (status: string, more = '', number = 'S1') => ({
    body: `<response><flag>success</flag><deliveryOrder><deliveryOrderCode>${number}</deliveryOrderCode><deliveryOrderId>W1</deliveryOrderId><status>${status}</status></deliveryOrder>${more}</response>`,
  });
  const success = { body: '<response><flag>success</flag><code>0</code></response>' };
  const parcel = (code: string) =>
    `<packages><package><logisticsCode>${code}</logisticsCode><expressCode>7</expressCode></package></packages><orderLines><orderLine><orderLineNo>1</orderLineNo><itemCode>A</itemCode><actualQty>1</actualQty></orderLine></orderLines>`;

  it.each([
    ['HTTP 500', { status: 500, body: failure('x').body }],
    ['a redirect', { status: 302, body: '', location: 'http://127.0.0.1:9/' }],
    ['no XML', { body: 'ok' }],
    ['JSON', { body: '{"flag":"success"}' }],
    ['half an answer', { body: '<response><flag>success</flag>' }],
    ['another root', { body: '<html><flag>success</flag></html>' }],
    ['a document type', { body: '<!DOCTYPE response><response><flag>success</flag></response>' }],
    ['no flag', { body: '<response><code>0</code></response>' }],
    ['another flag', { body: '<response><flag>SUCCESS</flag></response>' }],
  ])('FU-2 %s leaves every call unknown', async (_, answer) => {
    other.says = () => answer;
    const unknown = { neighbour: 'qimen', code: 'unverified_answer', retryable: true };
    await expect(warehouse.push(bench.order())).rejects.toMatchObject(unknown);
    await expect(warehouse.query(REF)).rejects.toMatchObject(unknown);
    await expect(warehouse.cancel(REF, 'x')).rejects.toMatchObject(unknown);
  });

  it('FU-2 nobody there, or nothing to sign with, leaves every call unknown', async () => {
    const nobody = bench.adapter({ gateway: 'http://127.0.0.1:9/' });
    await expect(nobody.cancel(REF, 'x')).rejects.toMatchObject({ code: 'network', retryable: true });
    bench.keys = { ...bench.keys, secrets: [] };
    await expect(warehouse.cancel(REF, 'x')).rejects.toMatchObject({
      code: 'unusable_keys',
      retryable: true,
    });
    expect(other.methods).toEqual([]);
  });

  it.each([
    ['system-error', '系统繁忙', true],
    ['isp.remote-service-timeout', '', true],
    ['isv.invalid-customer', '', false],
    ['invalid-app-key', '', false],
  ])('CN-2 a failure of %s is no answer to an intercept', async (code, message, retryable) => {
    other.says = () => failure(code, message);
    await expect(warehouse.cancel(REF, 'x')).rejects.toMatchObject({ code, retryable });
    await expect(warehouse.push(bench.order())).rejects.toMatchObject({ code, retryable });
  });

  it('FU-2 a busy warehouse has not refused', async () => {
    other.says = () => failure('E1', '单据正在处理');
    await expect(warehouse.push(bench.order())).rejects.toMatchObject({ code: 'E1', retryable: true });
    await expect(warehouse.query(REF)).rejects.toMatchObject({ code: 'E1', retryable: true });
  });

  it.each([
    ['accepted', 'PICK', { result: 'accepted', warehouseOrderId: 'W1' }],
    ['refused when it was cancelled', 'CANCELED', { result: 'refused', code: 'E1', message: '订单已存在' }],
  ])('FU-2 a number that exists is %s', async (_, status, result) => {
    other.says = (method) =>
      method === 'deliveryorder.create' ? failure('E1', '订单已存在') : books(status);
    expect(await warehouse.push(bench.order({ shipmentNo: 'S1' }))).toEqual(result);
  });

  it('FU-2 a number that exists and is not in the books is refused', async () => {
    other.says = (method) => failure('E1', method === 'deliveryorder.create' ? '订单已存在' : '订单不存在');
    expect(await warehouse.push(bench.order())).toMatchObject({ result: 'refused', code: 'E1' });
  });

  it('FU-2 an order taken without a number is looked up; the books must have it', async () => {
    other.says = (method) => (method === 'deliveryorder.create' ? success : books('NEW'));
    const order = bench.order({ shipmentNo: 'S1' });
    expect(await warehouse.push(order)).toEqual({ result: 'accepted', warehouseOrderId: 'W1' });
    other.says = (method) => (method === 'deliveryorder.create' ? success : failure('E1', '订单不存在'));
    await expect(warehouse.push(order)).rejects.toMatchObject({ code: 'unverified_answer', retryable: true });
  });

  it.each([
    ['unknown, and in no books', '订单不存在', failure('E1', '订单不存在'), { result: 'cancelled' }],
    ['unknown, and cancelled in the books', '订单不存在', books('CLOSED'), { result: 'cancelled' }],
    ['unknown, and yet being picked', '订单不存在', books('PICK'), { result: 'pending' }],
    ['cancelled before', '订单已取消', books('CANCELED'), { result: 'cancelled' }],
    ['cancelled, and yet being packed', '订单已取消', books('PACKAGE'), { result: 'pending' }],
    [
      'unknown, and yet gone',
      '订单不存在',
      books('DELIVERED', parcel('ZTO')),
      { result: 'refused', code: 'E1' },
    ],
    ['too late to cancel', '正在处理中，不能取消', success, { result: 'refused', code: 'E1' }],
  ])('CN-2 what is %s is asked for in the books', async (_, message, query, result) => {
    other.says = (method) => (method === 'order.cancel' ? failure('E1', message) : query);
    expect(await warehouse.cancel(REF, 'x')).toMatchObject(result);
  });

  it.each([
    ['about another number', books('PICK', '', 'S2'), 'unverified_answer', true],
    ['about nothing', success, 'unverified_answer', true],
    ['of a status that nobody knows', books('NEWS'), 'unverified_answer', true],
    ['of a carrier that we do not know', books('DELIVERED', parcel('PIGEON')), 'unreadable_parcels', false],
    ['of nothing that has left', books('DELIVERED'), 'unreadable_parcels', false],
  ])('FU-2 a query %s tells nothing', async (_, answer, code, retryable) => {
    other.says = () => answer;
    await expect(warehouse.query(REF)).rejects.toMatchObject({ code, retryable });
  });
});
