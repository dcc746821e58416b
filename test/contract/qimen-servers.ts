import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One delivery of a notification, or one that `POST /sign` makes. */
export interface Delivery {
  query: string;
  body: string;
}

/** The owner's endpoint: keeps every delivery and answers as told. */
export class Endpoint {
  readonly deliveries: Delivery[] = [];
  /** What is answered to the n-th post (from 0); `null` cuts the connection. */
  reply: (n: number) => { status: number; body: string } | null = () => ({ status: 500, body: '' });
  readonly #server: Server;
  #arrived: (() => void)[] = [];

  constructor() {
    this.#server = createServer(async (request, response) => {
      const body = await bodyOf(request);
      const reply = this.reply(this.deliveries.length);
      this.deliveries.push({ query: request.url?.split('?')[1] ?? '', body });
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

/** A warehouse that says what it is told to: for answers that the sandbox never gives. */
export class Mouthpiece {
  readonly methods: string[] = [];
  says: (method: string) => { status?: number; body: string; location?: string } = () => ({ body: '' });
  readonly #server = createServer(async (request, response) => {
    await bodyOf(request);
    const method = new URL(request.url ?? '', 'http://localhost').searchParams.get('method') ?? '';
    this.methods.push(method);
    const { status = 200, body, location } = this.says(method);
    response.writeHead(status, location === undefined ? {} : { location }).end(body);
  });

  listen(): Promise<string> {
    return listening(this.#server);
  }

  close(): Promise<unknown> {
    return closed(this.#server);
  }
}

async function bodyOf(request: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

export async function listening(server: Server, port = 0): Promise<string> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export function closed(server: Server): Promise<unknown> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
}
