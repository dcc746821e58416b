import { createSign, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import type { WechatpayKeys } from '../../config/keys.ts';
import type {
  PaymentNotice,
  PaymentProvider,
  StartPayment,
  TradeRef,
  VerifiedNotice,
} from '../../providers/payments/port.ts';
import { createWechatpay, type WechatpayConfig } from '../../providers/wechatpay/index.ts';
import type { SandboxProvider } from '../../sandbox/shared/provider.ts';
import { openWechatpay } from '../../sandbox/wechatpay/index.ts';
import { MERCHANT, PLATFORM, PLATFORM_ID } from './wechatpay-keys.ts';
import { closed, type Delivery, listening, Merchant } from './wechatpay-servers.ts';

export const API_V3_KEY = 'a'.repeat(32);
export const NEXT_API_V3_KEY = 'b'.repeat(32);
export const SERIAL = '5157F09EFDC096DE15EBE81A47057A7232F1B8E1';
export const APP_ID = 'wxd678efh567hg6787';
export const MCH_ID = '1900007291';
export const OPENID = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';

/** 15 seconds of the provider's retry schedule are 0.25 ms here, its day and four minutes 1.4 s. */
const CLOCK_MULTIPLIER = 60_000;

/** The real adapter, a merchant and the provider's side of its own. */
export class Bench {
  readonly merchant = new Merchant();
  provider!: PaymentProvider;
  url = '';
  notifyUrl = '';
  /** The merchant's key file: what the adapter is given at its next call. */
  keys: WechatpayKeys = {
    merchant: { serial: SERIAL, privateKey: MERCHANT.privateKey },
    platform: { [PLATFORM_ID]: PLATFORM.publicKey },
    apiV3Keys: [API_V3_KEY],
  };
  readonly #clockMultiplier: number;
  #dataDir = '';
  #wechatpay!: SandboxProvider;
  #server: Server | null = null;

  constructor(clockMultiplier = CLOCK_MULTIPLIER) {
    this.#clockMultiplier = clockMultiplier;
  }

  async open(): Promise<this> {
    this.#dataDir = await mkdtemp(join(tmpdir(), 'sandbox-'));
    this.notifyUrl = await this.merchant.listen();
    await this.restart();
    this.provider = this.adapter();
    return this;
  }

  /** Starts the provider's side on its books; a running one is ended first and keeps its port. */
  async restart(): Promise<void> {
    const port = this.#server ? Number(new URL(this.url).port) : 0;
    await this.#end();
    this.#wechatpay = await openWechatpay({
      appId: APP_ID,
      mchId: MCH_ID,
      merchant: { serial: SERIAL, publicKey: MERCHANT.publicKey },
      platform: { id: PLATFORM_ID, privateKey: PLATFORM.privateKey },
      apiV3Key: API_V3_KEY,
      dataDir: this.#dataDir,
      clockMultiplier: this.#clockMultiplier,
      publicUrl: () => this.url,
    });
    const app = new Hono()
      .route('/wechatpay', this.#wechatpay.pages)
      .route('/control/wechatpay', this.#wechatpay.control);
    if (this.#wechatpay.root) app.route('/', this.#wechatpay.root);
    this.#server = createAdaptorServer({ fetch: app.fetch }) as Server;
    this.url = await listening(this.#server, port);
  }

  adapter(changes: Partial<WechatpayConfig> = {}): PaymentProvider {
    return createWechatpay({
      baseUrl: this.url,
      appId: APP_ID,
      mchId: MCH_ID,
      keys: () => this.keys,
      notifyUrl: this.notifyUrl,
      ...changes,
    });
  }

  /** A payment to start, with a number of its own. */
  payment(changes: Partial<StartPayment> = {}): StartPayment {
    return {
      method: 'wechat_native',
      outTradeNo: `T${randomBytes(8).toString('hex')}`,
      amountFen: 13500n,
      subject: '100% 纯棉 T恤, <b>"M"</b>',
      expiresAt: new Date(Date.now() + 30 * 60_000),
      ...changes,
    };
  }

  /** Starts a payment. */
  async started(changes: Partial<StartPayment> = {}): Promise<TradeRef> {
    const payment = this.payment(changes);
    await this.provider.start(payment);
    return { outTradeNo: payment.outTradeNo, providerRef: null, amountFen: payment.amountFen };
  }

  /** Starts a payment and lets the buyer pay it. */
  async paid(changes: Partial<StartPayment> = {}): Promise<TradeRef> {
    const trade = await this.started(changes);
    await this.control('POST', `/trades/${trade.outTradeNo}/pay`);
    return trade;
  }

  verify(delivery: Delivery | undefined, receivedAt = new Date()): VerifiedNotice {
    const headers = Object.fromEntries(
      Object.entries(delivery?.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
    );
    return this.provider.verify({
      rawBody: delivery?.body ?? '',
      header: (name) => headers[name]?.toString(),
      receivedAt,
    });
  }

  /** What a delivery says, verified with the real adapter. */
  notice(delivery: Delivery | undefined): PaymentNotice {
    const verified = this.verify(delivery);
    if (!verified.ok) throw new Error(`the notification was refused: ${verified.reason}`);
    return verified.notice;
  }

  async control(method: string, path: string, body?: object): Promise<{ status: number; json: any }> {
    const response = await fetch(`${this.url}/control/wechatpay${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, json: text === '' ? null : JSON.parse(text) };
  }

  async trade(outTradeNo: string): Promise<any> {
    return (await this.control('GET', `/trades/${outTradeNo}`)).json;
  }

  /** A delivery signed by the provider's own key, as `POST /control/wechatpay/sign` makes it. */
  async signed(request: object): Promise<Delivery> {
    const { status, json } = await this.control('POST', '/sign', request);
    if (status !== 200) throw new Error(`not signed: ${JSON.stringify(json)}`);
    return json;
  }

  /** Sends a request that was signed by hand, independently of the SDK. */
  async raw(request: RawRequest = {}): Promise<{ status: number; headers: Headers; json: any }> {
    const { method = 'GET', path = `/v3/pay/transactions/out-trade-no/NOBODY?mchid=${MCH_ID}` } = request;
    const body = request.body === undefined ? '' : JSON.stringify(request.body);
    const response = await fetch(this.url + path, {
      method,
      headers: { authorization: request.authorization ?? authorization(method, path, body, request) },
      ...(body !== '' && { body: request.sentBody ?? body }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      json: text === '' ? null : JSON.parse(text),
    };
  }

  async close(): Promise<void> {
    await this.#end();
    await this.merchant.close();
    await rm(this.#dataDir, { recursive: true });
  }

  async #end(): Promise<void> {
    if (!this.#server) return;
    await closed(this.#server);
    await this.#wechatpay.close();
  }
}

interface RawRequest {
  method?: string;
  path?: string;
  body?: object;
  /** Sent in place of the body that was signed. */
  sentBody?: string;
  authorization?: string;
  mchid?: string;
  serial?: string;
  timestamp?: number;
  key?: string;
}

function authorization(method: string, path: string, body: string, request: RawRequest): string {
  const { mchid = MCH_ID, serial = SERIAL, key = MERCHANT.privateKey } = request;
  const timestamp = request.timestamp ?? Math.floor(Date.now() / 1000);
  const nonce = randomBytes(16).toString('hex');
  const text = `${method}\n${path}\n${timestamp}\n${nonce}\n${body}\n`;
  const signature = createSign('RSA-SHA256').update(text).sign(key, 'base64');
  return `WECHATPAY2-SHA256-RSA2048 mchid="${mchid}",nonce_str="${nonce}",timestamp="${timestamp}",serial_no="${serial}",signature="${signature}"`;
}

/** An order's parameters, for raw requests. */
export function order(changes: object = {}): object {
  return {
    appid: APP_ID,
    mchid: MCH_ID,
    description: '茶',
    out_trade_no: `T${randomBytes(8).toString('hex')}`,
    notify_url: 'http://127.0.0.1:9/notify',
    amount: { total: 1, currency: 'CNY' },
    ...changes,
  };
}
