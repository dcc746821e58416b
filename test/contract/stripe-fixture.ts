import { createHmac, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import type { StripeKeys } from '../../config/keys.ts';
import type {
  NoticeDelivery,
  PaymentNotice,
  PaymentProvider,
  RefundRequest,
  StartPayment,
  TradeRef,
  VerifiedNotice,
} from '../../providers/payments/port.ts';
import { createStripe, type StripeConfig } from '../../providers/stripe/index.ts';
import type { SandboxProvider } from '../../sandbox/shared/provider.ts';
import { openStripe } from '../../sandbox/stripe/index.ts';

export const KEYS: StripeKeys = {
  secretKey: 'sk_test_contract',
  publishableKey: 'pk_test_contract',
  webhookSecrets: ['whsec_contract'],
};

/** A minute of the provider's retry schedule is a millisecond here, its 12 hours 0.7 s. */
const CLOCK_MULTIPLIER = 60_000;

export interface Delivery {
  headers: Record<string, string>;
  body: string;
}

/** A merchant's webhook endpoint that keeps every delivery and answers as told. */
class Merchant {
  readonly deliveries: Delivery[] = [];
  /** The status that answers the n-th delivery (from 0); `null` cuts the connection. */
  reply: (n: number) => number | null = () => 200;
  readonly #server: Server;
  #arrived: (() => void)[] = [];

  constructor() {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const status = this.reply(this.deliveries.length);
      this.deliveries.push({
        headers: request.headers as Record<string, string>,
        body: Buffer.concat(chunks).toString('utf8'),
      });
      if (status === null) request.socket.destroy();
      else response.writeHead(status).end('{"received":true}');
      for (const wake of this.#arrived.splice(0)) wake();
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/webhook`;
  }

  /** Resolves with the deliveries about a trade, in the order they came, once there are `count`. */
  async received(outTradeNo: string, count: number): Promise<Delivery[]> {
    for (;;) {
      const found = this.deliveries.filter(({ body }) => body.includes(`"${outTradeNo}"`));
      if (found.length >= count) return found;
      await new Promise<void>((wake) => this.#arrived.push(wake));
    }
  }

  close(): Promise<unknown> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }
}

/** The real adapter, a merchant's endpoint and a sandbox of Stripe alone. */
export class Bench {
  readonly merchant = new Merchant();
  url = '';
  provider!: PaymentProvider;
  /** What the adapter's keys are; a rotation replaces the object. */
  keys = KEYS;
  #server!: Server;
  #sandbox!: SandboxProvider;
  #dataDir = '';
  #webhookUrl = '';

  async open(): Promise<this> {
    this.#dataDir = await mkdtemp(join(tmpdir(), 'sandbox-stripe-'));
    this.#webhookUrl = await this.merchant.listen();
    await this.#start(0);
    this.provider = this.adapter();
    return this;
  }

  async #start(port: number): Promise<void> {
    this.#sandbox = await openStripe({
      secretKey: KEYS.secretKey,
      publishableKey: KEYS.publishableKey,
      webhookSecret: KEYS.webhookSecrets[0] ?? '',
      webhookUrl: this.#webhookUrl,
      dataDir: this.#dataDir,
      clockMultiplier: CLOCK_MULTIPLIER,
      publicUrl: () => this.url,
    });
    const { pages, control, root } = this.#sandbox;
    const app = new Hono().route('/stripe', pages).route('/control/stripe', control);
    if (root) app.route('/', root);
    this.#server = createAdaptorServer({ fetch: app.fetch }) as Server;
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async #stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
    await this.#sandbox.close();
  }

  /** Ends the sandbox and starts it on its books, at the same address. */
  async restart(): Promise<void> {
    await this.#stop();
    await this.#start(Number(new URL(this.url).port));
  }

  /** The entries that are on file now. */
  async journal(): Promise<any[]> {
    const text = await readFile(join(this.#dataDir, 'stripe.jsonl'), 'utf8');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }

  adapter(changes: Partial<StripeConfig> = {}): PaymentProvider {
    return createStripe({ baseUrl: this.url, keys: () => this.keys, ...changes });
  }

  /** An adapter that gives a call up long before the sandbox ends a withheld answer. */
  impatient(): PaymentProvider {
    return this.adapter({ timeoutMs: 300 });
  }

  /** A payment to start, with a number of its own. */
  payment(changes: Partial<StartPayment> = {}): StartPayment {
    return {
      method: 'card',
      outTradeNo: `T${randomBytes(8).toString('hex')}`,
      amountFen: 13500n,
      subject: '订单 1',
      expiresAt: new Date(Date.now() + 30 * 60_000),
      ...changes,
    };
  }

  /** Starts a payment. */
  async started(changes: Partial<StartPayment> = {}): Promise<TradeRef & { clientSecret: string }> {
    const payment = this.payment(changes);
    const { action, providerRef } = await this.provider.start(payment);
    if (action.kind !== 'card_form') throw new Error(`a card payment asks for ${action.kind}`);
    return { ...payment, providerRef, clientSecret: action.clientSecret };
  }

  /** Starts a payment and lets the buyer pay it. */
  async paid(changes: Partial<StartPayment> = {}, payment: object = {}): Promise<TradeRef> {
    const trade = await this.started(changes);
    await this.control('POST', `/trades/${trade.outTradeNo}/pay`, payment);
    return trade;
  }

  /** A refund to ask for, with a number of its own. */
  refund(trade: TradeRef, changes: Partial<RefundRequest> = {}): RefundRequest {
    return {
      trade,
      refundNo: `${trade.outTradeNo}R1`,
      amountFen: 3500n,
      totalFen: trade.amountFen,
      reason: '商品降价',
      ...changes,
    };
  }

  verify({ headers, body }: Delivery, receivedAt = new Date(), provider = this.provider): VerifiedNotice {
    const delivery: NoticeDelivery = { rawBody: body, header: (name) => headers[name], receivedAt };
    return provider.verify(delivery);
  }

  notice(delivery: Delivery | undefined): PaymentNotice {
    const verified = this.verify(delivery ?? { headers: {}, body: '' });
    if (!verified.ok) throw new Error(`the event was refused: ${verified.reason}`);
    return verified.notice;
  }

  /** A delivery signed by hand, independently of sandbox and SDK. */
  signed(
    body: string,
    timestampS = Math.floor(Date.now() / 1000),
    secret = KEYS.webhookSecrets[0] ?? '',
  ): Delivery {
    const v1 = createHmac('sha256', secret).update(`${timestampS}.${body}`).digest('hex');
    return { headers: { 'stripe-signature': `t=${timestampS},v1=${v1}` }, body };
  }

  async control(method: string, path: string, body?: object): Promise<{ status: number; json: any }> {
    const response = await fetch(`${this.url}/control/stripe${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, json: text === '' ? null : JSON.parse(text) };
  }

  async trade(outTradeNo: string): Promise<any> {
    return (await this.control('GET', `/trades/${outTradeNo}`)).json;
  }

  faults(rule: object): Promise<unknown> {
    return this.control('POST', '/faults', rule);
  }

  /** A request to the API that was written by hand. Null leaves the key out. */
  async call(
    method: string,
    path: string,
    params: Record<string, string> = {},
    { key = KEYS.secretKey, headers = {} }: { key?: string | null; headers?: Record<string, string> } = {},
  ): Promise<{ status: number; json: any; headers: Headers }> {
    const form = new URLSearchParams(params);
    const query = method === 'GET' && form.size > 0 ? `?${form}` : '';
    const response = await fetch(`${this.url}${path}${query}`, {
      method,
      headers: { ...(key !== null && { authorization: `Bearer ${key}` }), ...headers },
      ...(method !== 'GET' && { body: form }),
    });
    return { status: response.status, json: await response.json(), headers: response.headers };
  }

  async close(): Promise<void> {
    await this.#stop();
    await this.merchant.close();
    await rm(this.#dataDir, { recursive: true });
  }
}
