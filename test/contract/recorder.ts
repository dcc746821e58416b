import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One call of an official SDK and its answer, as they went over the wire. */
export interface Pair {
  request: { method: string; path: string; headers: Record<string, string>; body: string };
  response: { status: number; headers: Record<string, string>; body: string };
}

/** Stands between an SDK and the sandbox and keeps every pair of request and response. */
export class Recorder {
  readonly pairs: Pair[] = [];
  readonly #server: Server;
  readonly #target: () => string;
  readonly #headers: readonly string[];

  /** `headers`: the names, lower case, of those that belong to the provider's format and are kept. */
  constructor(target: () => string, headers: readonly string[]) {
    this.#target = target;
    this.#headers = headers;
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks);
      const { host: _host, connection: _connection, 'content-length': _length, ...passed } = request.headers;
      const method = request.method ?? 'GET';
      const path = request.url ?? '/';
      const answer = await fetch(this.#target() + path, {
        method,
        headers: passed as Record<string, string>,
        ...(method === 'GET' ? {} : { body }),
        redirect: 'manual',
      });
      const bytes = Buffer.from(await answer.arrayBuffer());
      this.pairs.push({
        request: {
          method,
          path,
          headers: this.#kept((name) => request.headers[name]?.toString()),
          body: body.toString('utf8'),
        },
        response: {
          status: answer.status,
          headers: this.#kept((name) => answer.headers.get(name) ?? undefined),
          body: bytes.toString('utf8'),
        },
      });
      const headers = Object.fromEntries(
        [...answer.headers].filter(([name]) => !['transfer-encoding', 'connection'].includes(name)),
      );
      response.writeHead(answer.status, headers).end(bytes);
    });
  }

  #kept(valueOf: (name: string) => string | undefined): Record<string, string> {
    return Object.fromEntries(
      this.#headers.flatMap((name) => {
        const value = valueOf(name);
        return value === undefined ? [] : [[name, value]];
      }),
    );
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): Promise<unknown> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }
}

/** The pairs with everything that differs between two runs replaced; `rules` are pattern → placeholder. */
export function normalised(pairs: readonly Pair[], rules: readonly (readonly [RegExp, string])[]): unknown {
  const text = rules.reduce(
    (current, [pattern, placeholder]) => current.replaceAll(pattern, placeholder),
    JSON.stringify(pairs),
  );
  return JSON.parse(text);
}
