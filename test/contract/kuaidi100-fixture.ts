import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import type { Kuaidi100Keys, WaybillAccount } from '../../config/keys.ts';
import { createKuaidi100, type Kuaidi100Config } from '../../providers/kuaidi100/index.ts';
import { createKuaidi100Waybills } from '../../providers/kuaidi100/waybills.ts';
import type { Parcel, Track, TrackingService, VerifiedTrackNotice } from '../../providers/tracking/port.ts';
import { openKuaidi100 } from '../../sandbox/kuaidi100/index.ts';
import type { SandboxProvider } from '../../sandbox/shared/provider.ts';
import { closed, type Delivery, listening, Merchant } from './wechatpay-servers.ts';

export const KEY = 'DvLtQkZs8821';
export const CUSTOMER = '4B2F5E0C9A7D4E1186F3A1C27D90BE55';
export const SECRET = 'a0f3c9e1b57d4e2f8c6a1b90d3e47f52';
export const SALT = 'c0ffee00c0ffee00';

/** The accounts that carriers know, by merchant and carrier as the adapter is given them. */
export const ACCOUNTS = {
  M1: {
    shunfeng: { partnerId: '5710000001', template: '60f6c17c7c22' },
    zhongtong: { partnerId: 'ZTO571001', partnerKey: 'zto-password', template: '60f6c17c7c23' },
    yunda: {
      ...{ partnerId: 'YD571', partnerKey: 'yd-password', partnerSecret: 'yd-secret' },
      ...{ net: '杭州西湖', code: '310001', template: '60f6c17c7c24' },
    },
  },
} satisfies Record<string, Record<string, WaybillAccount>>;

/** 35 minutes of the retry schedule are 21 ms here. */
const CLOCK_MULTIPLIER = 100_000;

/** The real adapter, a merchant who is told, and the provider's side of its own. */
export class Bench {
  readonly merchant = new Merchant();
  service!: TrackingService;
  url = '';
  callbackUrl = '';
  /** What the adapter is given at its next call. */
  keys: Kuaidi100Keys = {
    key: KEY,
    customer: CUSTOMER,
    waybills: { secret: SECRET, accounts: ACCOUNTS },
  };
  #dataDir = '';
  #kuaidi100!: SandboxProvider;
  #server: Server | null = null;

  async open(): Promise<this> {
    this.#dataDir = await mkdtemp(join(tmpdir(), 'sandbox-'));
    this.callbackUrl = await this.merchant.listen();
    await this.restart();
    // Nothing moves by itself unless a test asks for it.
    await this.control('POST', '/settings', { autoAdvance: false });
    this.service = this.adapter();
    this.merchant.reply = () => this.service.acknowledgement('taken');
    return this;
  }

  /** Starts the provider's side on its books; a running one is ended first and keeps its port. */
  async restart(): Promise<void> {
    const port = this.#server ? Number(new URL(this.url).port) : 0;
    await this.#end();
    this.#kuaidi100 = await openKuaidi100({
      key: KEY,
      customer: CUSTOMER,
      secret: SECRET,
      accounts: Object.entries(ACCOUNTS.M1).map(([carrier, { template: _template, ...account }]) => ({
        carrier,
        ...account,
      })),
      dataDir: this.#dataDir,
      clockMultiplier: CLOCK_MULTIPLIER,
      publicUrl: () => this.url,
    });
    const app = new Hono()
      .route('/kuaidi100', this.#kuaidi100.pages)
      .route('/control/kuaidi100', this.#kuaidi100.control);
    this.#server = createAdaptorServer({ fetch: app.fetch }) as Server;
    this.url = await listening(this.#server, port);
  }

  adapter({ baseUrl = this.url, ...changes }: Partial<Kuaidi100Config> & { baseUrl?: string } = {}) {
    return createKuaidi100({
      pollUrl: `${baseUrl}/kuaidi100/poll`,
      queryUrl: `${baseUrl}/kuaidi100/poll/query.do`,
      keys: () => this.keys,
      ...changes,
    });
  }

  /** The adapter for electronic waybills. */
  waybills({ baseUrl = this.url, timeoutMs }: { baseUrl?: string; timeoutMs?: number } = {}) {
    return createKuaidi100Waybills({
      labelUrl: `${baseUrl}/kuaidi100/label/order`,
      keys: () => this.keys,
      ...(timeoutMs !== undefined && { timeoutMs }),
    });
  }

  /** Asks the service to watch a parcel. */
  async watched(changes: Partial<Parcel> = {}): Promise<Parcel> {
    const parcel = newParcel(changes);
    const { result } = await this.service.subscribe(parcel, { url: this.callbackUrl, salt: SALT });
    if (result !== 'subscribed') throw new Error(`the subscription was ${result}`);
    return parcel;
  }

  verify(delivery: Delivery | undefined, salt = SALT): VerifiedTrackNotice {
    const rawBody = delivery?.body ?? '';
    return this.service.verify({ rawBody, header: () => undefined, receivedAt: new Date() }, salt);
  }

  /** What a delivery says, verified with the real adapter. */
  notice(delivery: Delivery | undefined): { eventKey: string; track: Track } {
    const verified = this.verify(delivery);
    if (!verified.ok) throw new Error(`the notification was refused: ${verified.reason}`);
    return verified;
  }

  async control(method: string, path: string, body?: object): Promise<{ status: number; json: any }> {
    const response = await fetch(`${this.url}/control/kuaidi100${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, json: text === '' ? null : JSON.parse(text) };
  }

  /** A call of the control API about a parcel, which must succeed. */
  async act(parcel: Parcel, call: string, body: object = {}): Promise<any> {
    const { status, json } = await this.control('POST', `${path(parcel)}/${call}`, body);
    if (status !== 200) throw new Error(`${call}: ${JSON.stringify(json)}`);
    return json;
  }

  async shown(parcel: Parcel): Promise<any> {
    return (await this.control('GET', path(parcel))).json;
  }

  /** A delivery signed by the provider, as `POST /control/kuaidi100/sign` makes it. */
  async signed({ carrier, trackingNo }: Parcel, request: object = {}): Promise<Delivery> {
    const { status, json } = await this.control('POST', '/sign', { carrier, trackingNo, ...request });
    if (status !== 200) throw new Error(`not signed: ${JSON.stringify(json)}`);
    return json;
  }

  /** Posts a form by hand, independently of the adapter. */
  async raw(
    call: 'poll' | 'poll/query.do' | 'label/order',
    fields: Record<string, string> | string,
  ): Promise<any> {
    const body = typeof fields === 'string' ? fields : new URLSearchParams(fields);
    const response = await fetch(`${this.url}/kuaidi100/${call}`, { method: 'POST', body });
    const json = (await response.json()) as object;
    return { status: response.status, ...json };
  }

  async close(): Promise<void> {
    await this.#end();
    await this.merchant.close();
    await rm(this.#dataDir, { recursive: true });
  }

  async #end(): Promise<void> {
    if (!this.#server) return;
    await closed(this.#server);
    await this.#kuaidi100.close();
  }
}

/** The address of a parcel in the control API. */
export function path({ carrier, trackingNo }: Parcel): string {
  return `/parcels/${carrier}/${trackingNo}`;
}

/** A parcel with a number of its own. */
export function newParcel(changes: Partial<Parcel> = {}): Parcel {
  const trackingNo = `YT${String(randomInt(10 ** 12)).padStart(13, '1')}`;
  return { carrier: 'yuantong', trackingNo, phone: null, ...changes };
}
