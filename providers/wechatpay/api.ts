import { Wechatpay } from 'wechatpay-axios-plugin';
import type { Keys, WechatpayKeys } from '../../config/keys.ts';
import { failedCall, unusableKeys } from './errors.ts';

/** A verified answer, HTTP 2xx. */
export interface Answer {
  status: number;
  /** Parsed JSON; an empty text where there is no body. */
  data: unknown;
}

interface ApiConfig {
  baseUrl: string;
  mchId: string;
  keys: Keys<WechatpayKeys>;
  timeoutMs: number;
}

/** How long the download of a bill may take: it is as large as the day was busy. */
const DOWNLOAD_TIMEOUT_MS = 60_000;

/**
 * WeChat Pay's v3 API over the SDK, which signs requests and verifies answers. Every method throws a `ProviderError`.
 * The keys are asked for at every call and each keys object has its client, so a rotated key serves the next call.
 */
export class WechatpayApi {
  readonly #config: ApiConfig;
  readonly #clients = new WeakMap<WechatpayKeys, Wechatpay>();

  constructor(config: ApiConfig) {
    this.#config = config;
  }

  get(path: string, params: Record<string, string> = {}): Promise<Answer> {
    return this.#call(`GET ${path}`, (client) => client.chain(path).get({ ...this.#options(), params }));
  }

  post(path: string, body: object): Promise<Answer> {
    return this.#call(`POST ${path}`, (client) => client.chain(path).post(body, this.#options()));
  }

  /** The bytes of a file. WeChat Pay signs no download: the caller verifies it by the hash of a signed answer. */
  async download(path: string, params: Record<string, string>): Promise<Buffer> {
    const signal = AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS);
    const answer = await this.#call(`GET ${path}`, (client) =>
      client.chain(path).get({ params, signal, maxRedirects: 0, responseType: 'arraybuffer' }),
    );
    return Buffer.from(answer.data as Buffer);
  }

  /** A redirect would carry the signed request elsewhere. The deadline covers the whole call, the body included. */
  #options(): { signal: AbortSignal; maxRedirects: 0 } {
    return { signal: AbortSignal.timeout(this.#config.timeoutMs), maxRedirects: 0 };
  }

  async #call(call: string, send: (client: Wechatpay) => Promise<Answer>): Promise<Answer> {
    const client = this.#client();
    try {
      const { status, data } = await send(client);
      return { status, data };
    } catch (error) {
      throw failedCall(call, error);
    }
  }

  #client(): Wechatpay {
    const keys = this.#config.keys();
    const existing = this.#clients.get(keys);
    if (existing) return existing;
    try {
      const client = new Wechatpay({
        baseURL: this.#config.baseUrl,
        mchid: this.#config.mchId,
        serial: keys.merchant.serial,
        privateKey: keys.merchant.privateKey,
        certs: { ...keys.platform },
      });
      this.#clients.set(keys, client);
      return client;
    } catch (error) {
      throw unusableKeys(error);
    }
  }
}
