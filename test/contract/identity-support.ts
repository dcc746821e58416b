import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { createVerifier, type Verifier } from '../../api/auth/verifier.ts';
import { logIn } from '../../sandbox/identity/client.ts';
import { type Identity, startIdentity } from '../../sandbox/identity/index.ts';

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** An issuer in a folder of its own, with a clock that the test moves, and the calls a terminal makes. */
export class IssuerUnderTest {
  nowMs = Date.now();
  readonly #dataDir: string;
  #identity: Identity | undefined;
  #lastPhone = 13_800_000_000;
  readonly #serviceSecret: string;

  private constructor(dataDir: string, serviceSecret: string) {
    this.#dataDir = dataDir;
    this.#serviceSecret = serviceSecret;
  }

  static async start(serviceSecret = 'a secret for this test only'): Promise<IssuerUnderTest> {
    const issuer = new IssuerUnderTest(await mkdtemp(join(tmpdir(), 'identity-')), serviceSecret);
    await issuer.restart();
    return issuer;
  }

  /** Starts the issuer anew on the same port: its memory is empty, its files are those of the one before. */
  async restart(): Promise<void> {
    const port = this.#identity ? Number(new URL(this.url).port) : 0;
    await this.#identity?.close();
    this.#identity = await startIdentity({
      port,
      dataDir: this.#dataDir,
      audience: 'dingdan-api',
      tokenTtlSeconds: 3600,
      serviceSecret: this.#serviceSecret,
      codesPerMinute: 10,
      now: () => this.nowMs,
    });
  }

  async close(): Promise<void> {
    await this.#identity?.close();
    await rm(this.#dataDir, { recursive: true });
  }

  get url(): string {
    if (!this.#identity) throw new Error('The issuer is not running.');
    return this.#identity.issuerUrl;
  }

  verifier(): Verifier {
    return createVerifier({ issuer: this.url, audience: 'dingdan-api' });
  }

  newPhone(): string {
    this.#lastPhone += 1;
    return String(this.#lastPhone);
  }

  async subOf(phone: string): Promise<string | undefined> {
    return decodeJwt((await logIn(this.url, phone)).accessToken).sub;
  }

  postCode(phone: string): Promise<Response> {
    return this.#postJson('/login/codes', { phone });
  }

  async askCode(phone: string): Promise<string> {
    await this.postCode(phone);
    return this.latestCode(phone);
  }

  async latestCode(phone: string): Promise<string> {
    const inbox = await fetch(`${this.url}/sms?phone=${phone}`);
    const { messages } = (await inbox.json()) as { messages: { code: string }[] };
    return messages[0]?.code ?? '';
  }

  async social(body: object): Promise<Answer> {
    return answer(await this.#postJson('/login/social', body));
  }

  async token(parameters: Record<string, string>): Promise<Answer> {
    const body = new URLSearchParams(parameters);
    return answer(await fetch(`${this.url}/token`, { method: 'POST', body }));
  }

  #postJson(path: string, body: object): Promise<Response> {
    const headers = { 'content-type': 'application/json' };
    return fetch(`${this.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  }
}

/** A code that is surely not this one. */
export function wrong(code: string): string {
  return code === '000000' ? '000001' : '000000';
}

async function answer(response: Response): Promise<Answer> {
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}
