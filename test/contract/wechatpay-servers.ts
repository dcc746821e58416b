import { createSign } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PLATFORM, PLATFORM_ID } from './wechatpay-keys.ts';

export interface Delivery {
  headers: IncomingHttpHeaders;
  body: string;
}

/** A merchant's endpoint that keeps every delivery and answers as told. */
export class Merchant {
  readonly deliveries: Delivery[] = [];
  /** What is answered to the n-th post (from 0); `null` cuts the connection. */
  reply: (n: number) => { status: number; body: string } | null = () => ({ status: 204, body: '' });
  readonly #server: Server;
  #arrived: (() => void)[] = [];

  constructor() {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const reply = this.reply(this.deliveries.length);
      const body = Buffer.concat(chunks).toString('utf8');
      this.deliveries.push({ headers: request.headers, body });
      if (reply) response.writeHead(reply.status).end(reply.body);
      else request.socket.destroy();
      for (const wake of this.#arrived.splice(0)) wake();
    });
  }

  async listen(): Promise<string> {
    return `${await listening(this.#server)}/notify`;
  }

  /** Resolves with all deliveries once there are `count`. */
  async received(count: number): Promise<Delivery[]> {
    while (this.deliveries.length < count) await new Promise<void>((wake) => this.#arrived.push(wake));
    return this.deliveries;
  }

  close(): Promise<unknown> {
    return closed(this.#server);
  }
}

export async function listening(server: Server, port = 0): Promise<string> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export function closed(server: Server): Promise<unknown> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
}

/** A provider that says what it is told to, signed with the platform's key: for answers that the sandbox never gives. */
export class Mouthpiece {
  readonly paths: string[] = [];
  says: (path: string) => { status: number; body: string } = () => ({ status: 500, body: '' });
  readonly #server = createServer((request, response) => {
    const path = request.url ?? '';
    this.paths.push(path);
    const { status, body } = this.says(path);
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = createSign('RSA-SHA256')
      .update(`${timestamp}\nnonce\n${body}\n`)
      .sign(PLATFORM.privateKey, 'base64');
    response
      .writeHead(status, {
        'wechatpay-timestamp': timestamp,
        'wechatpay-nonce': 'nonce',
        'wechatpay-serial': PLATFORM_ID,
        'wechatpay-signature': signature,
      })
      .end(body);
  });

  listen(): Promise<string> {
    return listening(this.#server);
  }

  close(): Promise<unknown> {
    return closed(this.#server);
  }
}
