import { randomInt } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import type { z } from 'zod';
import type { OrderRepresentation } from '../../api/representations/order-schema.ts';
import type { paymentSchema } from '../../api/representations/payment.ts';
import type { QuoteRepresentation } from '../../api/representations/quote.ts';
import { formatYuan } from '../../domain/money.ts';
import { logIn } from '../../sandbox/identity/client.ts';
import { orderWorkflowId } from '../../workflows/order/messages.ts';
import { ShopClient } from '../shop-client.ts';
import type { Stack } from '../stack/index.ts';

export type Order = OrderRepresentation;
export type Payment = z.infer<typeof paymentSchema>;

const PROVIDERS: Record<string, 'alipay' | 'wechatpay' | 'stripe'> = {
  alipay_qr: 'alipay',
  alipay_page: 'alipay',
  wechat_native: 'wechatpay',
  wechat_jsapi: 'wechatpay',
  card: 'stripe',
};

/** A trade in its provider's own books; amounts in fen. */
export interface Trade {
  tradeNo: string | null;
  paidFen: number;
  refundedFen: number;
  closedAt: string | null;
}

/** A buyer of the story: a caller with a delivery address. */
export interface Buyer {
  name: string;
  client: ShopClient;
  sub: string;
  addressId: string;
}

const PATIENCE_MS = 30_000;

/** What the stories act with: people who log in and speak to the HTTP API, a narrator, and checks that must hold. */
export class Stage {
  readonly stack: Stack;
  readonly orders: { story: string; orderNo: string }[] = [];
  failures = 0;
  #story = '';

  constructor(stack: Stack) {
    this.stack = stack;
  }

  story(title: string): void {
    this.#story = title;
    console.log(`\n\u001b[1m${title}\u001b[0m`);
  }

  say(line: string): void {
    console.log(`  ${line}`);
  }

  /** Every step of a quote, with what it did to the total. */
  sayPrice({ steps }: QuoteRepresentation): void {
    for (const { name, amountFen, runningTotalFen } of steps) {
      this.say(
        `    ${wide(name, 20)} ${yuan(amountFen).padStart(9)}  → ${yuan(runningTotalFen).padStart(9)}`,
      );
    }
  }

  /** Something the story claims: shown, and counted against the demo when it does not hold. */
  check(claim: string, holds: boolean): void {
    if (!holds) this.failures++;
    console.log(`  ${holds ? '\u001b[32m✓\u001b[0m' : '\u001b[31m✗\u001b[0m'} ${claim}`);
  }

  async buyer(name: string): Promise<Buyer> {
    const phone = `138${randomInt(10_000_000, 99_999_999)}`;
    const client = await this.staff(phone);
    const sub = (
      JSON.parse(Buffer.from((client.token ?? '').split('.')[1] ?? '', 'base64url').toString()) as {
        sub: string;
      }
    ).sub;
    const address = {
      name,
      phone,
      region: '31',
      province: '上海市',
      city: '上海市',
      district: '徐汇区',
      street: '淮海中路 100 号',
    };
    const { addressId } = await client.post<{ addressId: string }>('/addresses', address);
    return { name, client, sub, addressId };
  }

  /** Someone who logs in by phone and code; staff accounts exist in the local issuer. */
  async staff(phone: string): Promise<ShopClient> {
    const { accessToken } = await logIn(this.stack.issuerUrl, phone);
    return new ShopClient(this.stack.apiUrl, accessToken);
  }

  quote(
    buyer: Buyer,
    lines: { skuId: string; quantity: number }[],
    more: Record<string, unknown> = {},
  ): Promise<QuoteRepresentation> {
    return buyer.client.post('/quotes', { lines, addressId: buyer.addressId, ...more });
  }

  async submit(buyer: Buyer, quote: QuoteRepresentation): Promise<string> {
    const { quoteId, totalFen } = quote;
    const { orderNo } = await buyer.client.post<{ orderNo: string }>('/orders', { quoteId, totalFen });
    return this.follow(orderNo);
  }

  /** An order that was made otherwise takes its place in the report. */
  follow(orderNo: string): string {
    this.orders.push({ story: this.#story, orderNo });
    return orderNo;
  }

  read(who: ShopClient, orderNo: string): Promise<Order> {
    return who.get<Order>(`/orders/${orderNo}`);
  }

  until(who: ShopClient, orderNo: string, wanted: (order: Order) => boolean): Promise<Order> {
    return this.wait(`${orderNo} to go on`, async () => {
      const order = await this.read(who, orderNo);
      return wanted(order) ? order : undefined;
    });
  }

  /** What `look` finds, once it finds something. Throws when it found nothing in 30 s. */
  async wait<Found>(what: string, look: () => Promise<Found | undefined>): Promise<Found> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (Date.now() > deadline) throw new Error(`waited ${PATIENCE_MS / 1000} s in vain for ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  }

  /** The buyer's hand in the provider's cashier: pays, or is declined. */
  cashier(
    payment: Payment,
    act: 'pay' | 'decline',
    body: Record<string, unknown> = {},
  ): Promise<Record<string, unknown>> {
    return this.sandbox(payment, `/trades/${payment.outTradeNo}/${act}`, body);
  }

  /** The payment as its provider has it. */
  trade(payment: Payment): Promise<Trade> {
    return this.sandbox(payment, `/trades/${payment.outTradeNo}`);
  }

  /** From now on the provider behaves like this with the payment; see the sandbox's README for the rules. */
  async fault(payment: Payment, rule: Record<string, unknown>): Promise<void> {
    await this.sandbox(payment, '/faults', { ...rule, onlyOutTradeNo: payment.outTradeNo });
  }

  /** Asks the control API of the payment's provider, or tells it `body`. */
  sandbox<Answer = Record<string, unknown>>(
    { method }: Payment,
    path: string,
    body?: Record<string, unknown>,
  ): Promise<Answer> {
    return this.control<Answer>(PROVIDERS[method] ?? method, path, body);
  }

  /** Asks the sandbox's control API of a provider, carrier or warehouse, or tells it `body`. Throws where it refuses. */
  async control<Answer = Record<string, unknown>>(
    provider: string,
    path: string,
    body?: Record<string, unknown>,
  ): Promise<Answer> {
    const response = await fetch(`${this.stack.sandboxUrl}/control/${provider}${path}`, {
      ...(body && {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
    if (!response.ok)
      throw new Error(`sandbox ${provider}${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Answer;
  }

  /** Starts a payment; where that is a page, the buyer's browser goes there. `more` is what the method needs besides. */
  async startPayment(
    buyer: Buyer,
    orderNo: string,
    method = 'alipay_qr',
    more: Record<string, string> = {},
  ): Promise<Payment> {
    const payment = await buyer.client.post<Payment>(`/orders/${orderNo}/payments`, { method, ...more });
    if (payment.action?.kind === 'redirect') await fetch(payment.action.url);
    return payment;
  }

  /** Every payment attempt of an order, oldest first. */
  async payments(who: ShopClient, orderNo: string): Promise<Payment[]> {
    return (await who.get<{ payments: Payment[] }>(`/orders/${orderNo}/payments`)).payments;
  }

  /** Every order's number, states, amounts and the number of events in its history. */
  async report(): Promise<Record<string, unknown>[]> {
    const connection = await Connection.connect({ address: this.stack.temporalAddress });
    const client = new Client({ connection });
    const support = await this.staff('13900000011');
    const rows: Record<string, unknown>[] = [];
    for (const { story, orderNo } of this.orders) {
      const order = await this.read(support, orderNo);
      for (const node of [order, ...order.children]) {
        const history = await client.workflow.getHandle(orderWorkflowId(node.orderNo)).fetchHistory();
        const { kind, state, amounts } = node;
        rows.push({
          story,
          orderNo: node.orderNo,
          kind,
          state,
          amounts,
          historyEvents: history.events?.length ?? 0,
        });
      }
    }
    await connection.close();
    return rows;
  }
}

/** Pads a text in which Chinese characters and punctuation take two columns. */
function wide(text: string, columns: number): string {
  const width = [...text].reduce((sum, character) => sum + (character.charCodeAt(0) > 0x2e7f ? 2 : 1), 0);
  return text + ' '.repeat(Math.max(0, columns - width));
}

export const yuan = (fen: number): string => `¥${formatYuan(BigInt(fen))}`;
