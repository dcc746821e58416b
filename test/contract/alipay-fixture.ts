import { createSign, generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import type { AlipayKeys } from '../../config/keys.ts';
import { type AlipayConfig, createAlipay } from '../../providers/alipay/index.ts';
import type {
  NoticeDelivery,
  PaymentNotice,
  PaymentProvider,
  RefundRequest,
  StartPayment,
  TradeRef,
} from '../../providers/payments/port.ts';
import { openAlipay } from '../../sandbox/alipay/index.ts';
import type { SandboxProvider } from '../../sandbox/shared/provider.ts';

const PEM = {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
} as const;
const APP = generateKeyPairSync('rsa', PEM);
const ALIPAY = generateKeyPairSync('rsa', PEM);
export const KEYS: AlipayKeys = { privateKey: APP.privateKey, alipayPublicKeys: [ALIPAY.publicKey] };
const APP_ID = '2021000000000001';
const SELLER_ID = '2088000000000001';

/** 4 minutes of the provider's retry schedule are 4 ms here, its 15 hours 0.9 s. */
const CLOCK_MULTIPLIER = 60_000;

/** A merchant's endpoint that keeps every body and answers as told. */
export class Merchant {
  readonly bodies: string[] = [];
  /** What is answered to the n-th post (from 0); `null` cuts the connection. */
  reply: (n: number) => { status: number; body: string } | null = () => ({ status: 200, body: 'success' });
  readonly #server: Server;
  #arrived: (() => void)[] = [];

  constructor() {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const reply = this.reply(this.bodies.length);
      this.bodies.push(Buffer.concat(chunks).toString('utf8'));
      if (reply) response.writeHead(reply.status).end(reply.body);
      else request.socket.destroy();
      for (const wake of this.#arrived.splice(0)) wake();
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/notify`;
  }

  /** Resolves with all bodies once there are `count`. */
  async received(count: number): Promise<string[]> {
    while (this.bodies.length < count) await new Promise<void>((wake) => this.#arrived.push(wake));
    return this.bodies;
  }

  close(): Promise<unknown> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }
}

/** The Alipay part of the sandbox alone, served as the whole would serve it. */
async function serveAlipay(settings: {
  dataDir: string;
  port: number;
  publicUrl: (served: string) => string;
}): Promise<Running> {
  let url = '';
  const alipay: SandboxProvider = await openAlipay({
    dataDir: settings.dataDir,
    clockMultiplier: CLOCK_MULTIPLIER,
    publicUrl: () => settings.publicUrl(url),
    appId: APP_ID,
    sellerId: SELLER_ID,
    privateKey: ALIPAY.privateKey,
    appPublicKey: APP.publicKey,
  });
  const app = new Hono().route('/alipay', alipay.pages).route('/control/alipay', alipay.control);
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  await new Promise<void>((resolve) => server.listen(settings.port, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await alipay.close();
    },
  };
}

interface Running {
  url: string;
  close(): Promise<void>;
}

/** A delivery as the callback route hands it on. */
export const delivery = (rawBody: string): NoticeDelivery => ({
  rawBody,
  header: () => undefined,
  receivedAt: new Date(),
});

/** A trade by our number; Alipay needs no more. */
export const tradeRef = (outTradeNo: string, amountFen = 13500n): TradeRef => ({
  outTradeNo,
  providerRef: null,
  amountFen,
});

export const refundOf = (outTradeNo: string, refundNo: string, amountFen: bigint): RefundRequest => ({
  trade: tradeRef(outTradeNo),
  refundNo,
  amountFen,
  totalFen: 13500n,
  reason: '不想要了',
});

/** The real adapter, a merchant and a sandbox of its own. */
export class Bench {
  readonly merchant = new Merchant();
  sandbox!: Running;
  provider!: PaymentProvider;
  notifyUrl = '';
  /** Where the sandbox says it is reached, if that is not where it listens. */
  publicUrl: string | undefined;
  #dataDir = '';

  async open(): Promise<this> {
    this.#dataDir = await mkdtemp(join(tmpdir(), 'sandbox-'));
    this.notifyUrl = await this.merchant.listen();
    await this.restart();
    return this;
  }

  /** Starts the sandbox on its books; a running one is ended first and keeps its port. */
  async restart(): Promise<void> {
    const port = this.sandbox ? Number(new URL(this.sandbox.url).port) : 0;
    await this.sandbox?.close();
    this.sandbox = await serveAlipay({
      dataDir: this.#dataDir,
      port,
      publicUrl: (served) => this.publicUrl ?? served,
    });
    this.provider = this.adapter();
  }

  adapter(changes: Partial<AlipayConfig> = {}): PaymentProvider {
    return createAlipay({
      gateway: `${this.sandbox.url}/alipay/gateway.do`,
      appId: APP_ID,
      sellerId: SELLER_ID,
      keys: () => KEYS,
      notifyUrl: this.notifyUrl,
      ...changes,
    });
  }

  /** A payment to start, with a number of its own. */
  payment(changes: Partial<StartPayment> = {}): StartPayment {
    return {
      method: 'alipay_qr',
      outTradeNo: `T${randomBytes(8).toString('hex')}`,
      amountFen: 13500n,
      subject: '100% 纯棉 T恤 <b>"M"</b>',
      expiresAt: new Date(Date.now() + 30 * 60_000),
      ...changes,
    };
  }

  /** Starts a payment and lets the buyer pay it. */
  async paid(changes: Partial<StartPayment> = {}): Promise<string> {
    const payment = this.payment(changes);
    await this.provider.start(payment);
    await this.control('POST', `/trades/${payment.outTradeNo}/pay`);
    return payment.outTradeNo;
  }

  /** Verifies a received body with the real adapter. */
  notice(body: string | undefined): PaymentNotice {
    const verified = this.provider.verify(delivery(body ?? ''));
    if (!verified.ok) throw new Error(`the notification was refused: ${verified.reason}`);
    return verified.notice;
  }

  async control(method: string, path: string, body?: object): Promise<{ status: number; json: any }> {
    const response = await fetch(`${this.sandbox.url}/control/alipay${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, json: text === '' ? null : JSON.parse(text) };
  }

  /** Sends a request that was signed by hand, independently of the SDK. Null leaves a parameter out. */
  async rawCall(changes: Record<string, string | null>, key = APP.privateKey): Promise<any> {
    const params: Record<string, string> = {};
    const base = {
      app_id: APP_ID,
      method: 'alipay.trade.query',
      charset: 'utf-8',
      version: '1.0',
      sign_type: 'RSA2',
      timestamp: beijing(Date.now()),
      biz_content: '{"out_trade_no":"NOBODY"}',
      ...changes,
    };
    for (const [name, value] of Object.entries(base)) if (value !== null) params[name] = value;
    const { sign: given, ...unsigned } = params;
    const names = Object.keys(unsigned).sort();
    const text = names.map((name) => `${name}=${unsigned[name]}`).join('&');
    const sign = createSign('RSA-SHA256').update(text, 'utf8').sign(key, 'base64');
    const body = new URLSearchParams({ ...unsigned, ...(changes.sign !== null && { sign: given ?? sign }) });
    const response = await fetch(`${this.sandbox.url}/alipay/gateway.do`, { method: 'POST', body });
    return response.json();
  }

  async close(): Promise<void> {
    await this.sandbox.close();
    await this.merchant.close();
    await rm(this.#dataDir, { recursive: true });
  }
}

export const STRANGER = generateKeyPairSync('rsa', PEM);

export function beijing(atMs: number): string {
  return new Date(atMs + 8 * 3600_000).toISOString().slice(0, 19).replace('T', ' ');
}
