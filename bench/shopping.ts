import { randomInt, randomUUID } from 'node:crypto';
import type { OrderRepresentation } from '../api/representations/order-schema.ts';
import type { ShopClient } from '../cli/shop-client.ts';
import { type Buyer, SHOPS, skuOf } from './catalogue.ts';
import { sleep } from './load.ts';

export interface Quote {
  quoteId: string;
  totalFen: number;
}

/** What people do with the shop over HTTP, and how often it wrote or asked (P3 counts the writes). */
export class Shopping {
  readonly #merchant: ShopClient;
  readonly #sandboxUrl: string;
  /** POSTs that wrote something. */
  writes = 0;
  /** Reads of an order while its payment was on its way. */
  reads = 0;
  /** Answers that said `pending`: not done within the time the API waits. */
  late = 0;
  /** Numbers of the orders that went the whole way. */
  readonly finished: string[] = [];

  constructor(merchant: ShopClient, sandboxUrl: string) {
    this.#merchant = merchant;
    this.#sandboxUrl = sandboxUrl;
  }

  /** Quote → submit → pay by callback → ship → receipt in two steps. */
  async wholeOrder(buyer: Buyer, index: number): Promise<void> {
    const orderNo = await this.submit(buyer, await this.quote(buyer, [skuOf(SHOPS.plain, index)]));
    await this.payShipReceive(buyer, orderNo);
  }

  async payShipReceive(buyer: Buyer, orderNo: string): Promise<void> {
    await this.pay(buyer, orderNo);
    await this.ship(orderNo);
    await this.receive(buyer, orderNo);
    this.finished.push(orderNo);
  }

  async quote({ client, addressId }: Buyer, skuIds: string[]): Promise<Quote> {
    this.writes++;
    return await client.post<Quote>('/quotes', {
      lines: skuIds.map((skuId) => ({ skuId, quantity: 1 })),
      addressId,
    });
  }

  async submit({ client }: Buyer, { quoteId, totalFen }: Quote): Promise<string> {
    this.writes++;
    const key = randomUUID();
    for (;;) {
      const answer = await client.post<{ orderNo: string; result: string }>(
        '/orders',
        { quoteId, totalFen },
        key,
      );
      if (answer.result === 'submitted') return answer.orderNo;
      this.late++;
    }
  }

  async openAttempt({ client }: Buyer, orderNo: string): Promise<string> {
    this.writes++;
    return (await client.post<{ outTradeNo: string }>(`/orders/${orderNo}/payments`, { method: 'alipay_qr' }))
      .outTradeNo;
  }

  /** The buyer pays at the provider and looks until the order says so. */
  async pay(buyer: Buyer, orderNo: string): Promise<void> {
    const outTradeNo = await this.openAttempt(buyer, orderNo);
    const url = `${this.#sandboxUrl}/control/alipay/trades/${outTradeNo}/pay`;
    const paid = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    if (!paid.ok) throw new Error(`${url}: ${paid.status} ${await paid.text()}`);
    await paid.text();
    await this.#until(buyer, orderNo, ({ paidAt }) => paidAt !== null);
  }

  async #until(
    buyer: Buyer,
    orderNo: string,
    wanted: (order: OrderRepresentation) => boolean,
  ): Promise<OrderRepresentation> {
    for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs * 1.5, 500)) {
      await sleep(pauseMs);
      const order = await this.read(buyer, orderNo);
      if (wanted(order)) return order;
    }
  }

  read({ client }: Buyer, orderNo: string): Promise<OrderRepresentation> {
    this.reads++;
    return client.get<OrderRepresentation>(`/orders/${orderNo}`);
  }

  async ship(orderNo: string): Promise<void> {
    const parcel = { carrier: 'shunfeng', trackingNo: `SF${randomInt(10 ** 12, 10 ** 13)}` };
    await this.#command(this.#merchant, `/merchant/orders/${orderNo}/shipments`, parcel);
  }

  /** The warehouse's staff works by itself; returns when the order has left. */
  async leaveWarehouse(buyer: Buyer, orderNo: string): Promise<void> {
    await this.#until(buyer, orderNo, ({ state }) => state === 'awaiting_receipt');
  }

  async receive({ client }: Buyer, orderNo: string): Promise<void> {
    const { confirmation } = await client.post<{ confirmation: string }>(`/orders/${orderNo}/receipt`, {});
    await this.#command(client, `/orders/${orderNo}/receipt`, { confirmation });
  }

  async cancel({ client }: Buyer, orderNo: string): Promise<void> {
    await this.#command(client, `/orders/${orderNo}/cancellations`, {});
  }

  /** Asks with one key until there is a verdict: what was taken but not applied in time is asked for again. */
  async #command(client: ShopClient, path: string, body: object): Promise<void> {
    this.writes++;
    const key = randomUUID();
    for (;;) {
      const { result } = await client.post<{ result: string }>(path, body, key);
      if (result === 'accepted') return;
      this.late++;
    }
  }
}
