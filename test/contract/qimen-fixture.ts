import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { createQimen, type QimenConfig, type QimenKeys } from '../../providers/qimen/index.ts';
import type {
  DeliveryOrder,
  DeliveryOrderRef,
  VerifiedWarehouseNotice,
  WarehouseNotice,
  WarehouseSystem,
} from '../../providers/warehouse/port.ts';
import { openQimen, type QimenSettings } from '../../sandbox/qimen/index.ts';
import type { SandboxProvider } from '../../sandbox/shared/provider.ts';
import { closed, type Delivery, Endpoint, listening } from './qimen-servers.ts';

export const APP_KEY = '23012345';
export const CUSTOMER_ID = 'c1234567890';
export const SECRET = 'a'.repeat(32);
export const NEXT_SECRET = 'b'.repeat(32);
export const OWNER = 'H1001';
export const WAREHOUSE = 'WH-HZ';

/** A minute of the retry schedule is 1 ms here, its seven hours and 21 minutes 0.44 s. */
const CLOCK_MULTIPLIER = 60_000;

/** The real adapter, the owner's endpoint and a warehouse of its own. */
export class Bench {
  readonly endpoint = new Endpoint();
  warehouse!: WarehouseSystem;
  url = '';
  notifyUrl = '';
  /** The owner's key file: what the adapter is given at its next call. */
  keys: QimenKeys = { appKey: APP_KEY, customerId: CUSTOMER_ID, secrets: [SECRET] };
  readonly #settings: Partial<QimenSettings> & { clockMultiplier?: number };
  #dataDir = '';
  #sandbox!: SandboxProvider;
  #server: Server | null = null;

  constructor(settings: Partial<QimenSettings> & { clockMultiplier?: number } = {}) {
    this.#settings = settings;
  }

  async open(): Promise<this> {
    this.#dataDir = await mkdtemp(join(tmpdir(), 'sandbox-'));
    this.notifyUrl = await this.endpoint.listen();
    await this.restart();
    this.warehouse = this.adapter();
    this.endpoint.reply = () => this.warehouse.acknowledgement('taken');
    return this;
  }

  /** Starts the warehouse on its books; a running one is ended first and keeps its port. */
  async restart(): Promise<void> {
    const port = this.#server ? Number(new URL(this.url).port) : 0;
    await this.#end();
    this.#sandbox = await openQimen({
      appKey: APP_KEY,
      customerId: CUSTOMER_ID,
      secret: SECRET,
      notifyUrl: this.notifyUrl,
      owners: [OWNER],
      warehouses: [WAREHOUSE],
      autoAdvance: false,
      dataDir: this.#dataDir,
      clockMultiplier: CLOCK_MULTIPLIER,
      publicUrl: () => this.url,
      ...this.#settings,
    });
    const app = new Hono()
      .route('/qimen', this.#sandbox.pages)
      .route('/control/qimen', this.#sandbox.control);
    this.#server = createAdaptorServer({ fetch: app.fetch }) as Server;
    this.url = await listening(this.#server, port);
  }

  adapter(changes: Partial<QimenConfig> = {}): WarehouseSystem {
    return createQimen({
      gateway: `${this.url}/qimen/router`,
      ownerCode: OWNER,
      keys: () => this.keys,
      ...changes,
    });
  }

  /** A delivery order to push, with a number of its own. */
  order(changes: Partial<DeliveryOrder> = {}): DeliveryOrder {
    return {
      shipmentNo: `S${randomBytes(8).toString('hex')}`,
      warehouseCode: WAREHOUSE,
      carrier: 'shunfeng',
      placedAt: new Date('2026-11-11T00:00:00Z'),
      paidAt: new Date('2026-11-11T00:05:00Z'),
      receiver: {
        name: '王<b>小</b>明 & "co"',
        phone: '13800000000',
        province: '浙江省',
        city: '杭州市',
        district: '西湖区',
        street: '文三路 1 号',
      },
      lines: [
        { lineNo: 1, skuId: 'SKU-TEA', title: '明前龙井 50g & 礼盒', quantity: 2 },
        { lineNo: 2, skuId: 'SKU-CUP', title: '青瓷杯', quantity: 1 },
      ],
      remark: '轻放 <易碎>',
      ...changes,
    };
  }

  /** Pushes a delivery order. */
  async pushed(changes: Partial<DeliveryOrder> = {}): Promise<DeliveryOrderRef> {
    const order = this.order(changes);
    const { result } = await this.warehouse.push(order);
    if (result !== 'accepted') throw new Error(`the warehouse ${result} it`);
    return order;
  }

  async advance({ shipmentNo }: DeliveryOrderRef, to?: string): Promise<void> {
    const { status, json } = await this.control('POST', `/orders/${shipmentNo}/advance`, { to });
    if (status !== 200) throw new Error(`not advanced: ${JSON.stringify(json)}`);
  }

  verify(
    { query, body }: Delivery,
    {
      receivedAt = new Date(),
      warehouse = this.warehouse,
    }: { receivedAt?: Date; warehouse?: WarehouseSystem } = {},
  ): VerifiedWarehouseNotice {
    const delivery = { rawBody: body, header: () => undefined, receivedAt };
    return warehouse.verify(delivery, new URLSearchParams(query));
  }

  /** What a delivery says, verified with the real adapter. */
  notice(delivery: Delivery): WarehouseNotice {
    const verified = this.verify(delivery);
    if (!verified.ok) throw new Error(`the notification was refused: ${verified.reason}`);
    return verified.notice;
  }

  /** What the owner has been told, once it is `count` notices; they may come in any order. */
  async told(count: number): Promise<WarehouseNotice[]> {
    return (await this.endpoint.received(count)).map((delivery) => this.notice(delivery));
  }

  async control(method: string, path: string, body?: object): Promise<{ status: number; json: any }> {
    const response = await fetch(`${this.url}/control/qimen${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, json: text === '' ? null : JSON.parse(text) };
  }

  fault(rule: object): Promise<unknown> {
    return this.control('POST', '/faults', rule);
  }

  /** The delivery order in the warehouse's own books. */
  async books({ shipmentNo }: DeliveryOrderRef): Promise<any> {
    return (await this.control('GET', `/orders/${shipmentNo}`)).json;
  }

  /** A delivery signed by the warehouse, as `POST /control/qimen/sign` makes it. */
  async signed(request: object): Promise<Delivery> {
    const { status, json } = await this.control('POST', '/sign', request);
    if (status !== 200) throw new Error(`not signed: ${JSON.stringify(json)}`);
    return json;
  }

  /** Sends a call that was signed by hand, independently of the adapter. */
  async raw(request: RawRequest = {}): Promise<{ status: number; text: string }> {
    const { body = queryBody(), secret = SECRET, contentType = 'text/xml;charset=utf-8' } = request;
    const query = new URLSearchParams({
      method: 'deliveryorder.query',
      timestamp: beijing(Date.now()),
      format: 'xml',
      app_key: APP_KEY,
      v: '2.0',
      sign_method: 'md5',
      customerId: CUSTOMER_ID,
      ...request.parameters,
    });
    const text = [...query].sort().flat().join('');
    const sign = createHash('md5').update(`${secret}${text}${body}${secret}`).digest('hex').toUpperCase();
    query.set('sign', request.sign ?? sign);
    const address = `${this.url}/qimen/router?${query}${request.appended ?? ''}`;
    const response = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': contentType },
      body: request.sentBody ?? body,
    });
    return { status: response.status, text: await response.text() };
  }

  async close(): Promise<void> {
    await this.#end();
    await this.endpoint.close();
    await rm(this.#dataDir, { recursive: true });
  }

  async #end(): Promise<void> {
    if (!this.#server) return;
    await closed(this.#server);
    await this.#sandbox.close();
  }
}

interface RawRequest {
  parameters?: Record<string, string>;
  body?: string;
  /** Sent in place of the body that was signed. */
  sentBody?: string;
  secret?: string;
  sign?: string;
  contentType?: string;
  /** Put behind the query that was signed. */
  appended?: string;
}

export function queryBody(orderCode = 'NOBODY', more = '<page>1</page><pageSize>100</pageSize>'): string {
  return `<request><orderCode>${orderCode}</orderCode><ownerCode>${OWNER}</ownerCode><warehouseCode>${WAREHOUSE}</warehouseCode>${more}</request>`;
}

/** `2026-11-11 08:00:00`. */
export function beijing(atMs: number): string {
  return new Date(atMs + 8 * 3600_000).toISOString().slice(0, 19).replace('T', ' ');
}
