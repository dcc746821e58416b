import { randomUUID } from 'node:crypto';

/** A problem that the API answered, as an error: `code` is stable, `body` is all of it. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly status: number;
  readonly body: Record<string, unknown>;
  constructor(status: number, body: Record<string, unknown>, request: string) {
    super(`${request}: ${status} ${String(body['code'])}: ${String(body['detail'])}`);
    this.status = status;
    this.body = body;
  }
  get code(): string {
    return String(this.body['code']);
  }
}

/** The HTTP API for one caller: JSON in and out, a new idempotency key for every write unless one is given. */
export class ShopClient {
  readonly #apiUrl: string;
  readonly token: string | null;

  constructor(apiUrl: string, token: string | null = null) {
    this.#apiUrl = apiUrl;
    this.token = token;
  }

  get<T = Record<string, unknown>>(path: string): Promise<T> {
    return this.#send<T>('GET', path);
  }

  post<T = Record<string, unknown>>(
    path: string,
    body: unknown = {},
    key: string = randomUUID(),
  ): Promise<T> {
    return this.#send<T>('POST', path, body, key);
  }

  put<T = Record<string, unknown>>(path: string, body: unknown, key: string = randomUUID()): Promise<T> {
    return this.#send<T>('PUT', path, body, key);
  }

  async #send<T>(method: string, path: string, body?: unknown, key?: string): Promise<T> {
    const response = await this.raw(method, path, body, key ? { 'idempotency-key': key } : {});
    const text = await response.text();
    const answer = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
    if (!response.ok) throw new ApiProblem(response.status, answer, `${method} ${path}`);
    return answer as T;
  }

  /** The bare response, for looking at status and headers. */
  raw(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.#apiUrl}/v1${path}`, {
      method,
      headers: {
        ...(this.token ? { authorization: `Bearer ${this.token}` } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }
}
