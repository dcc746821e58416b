import { createHash } from 'node:crypto';
import type { Keys, Kuaidi100Keys } from '../../config/keys.ts';
import type { Carrier } from '../../domain/logistics/carriers.ts';
import type { Parcel } from '../tracking/port.ts';
import { unknownResult } from './errors.ts';

/** Kuaidi100's level of detail: a code of its own for every event, and the area. */
export const RESULT_DETAIL = '4';

/** The carriers that tell a track only to who knows the receiver's phone; the others are not told it. */
const ASK_FOR_PHONE: ReadonlySet<Carrier> = new Set<Carrier>(['shunfeng', 'zhongtong']);

/** The `phone` of a request: as the carrier needs it. */
export function phoneField({ carrier, phone }: Parcel): { phone?: string } {
  return phone !== null && ASK_FOR_PHONE.has(carrier) ? { phone } : {};
}

/** Kuaidi100's signature: upper-case hexadecimal MD5 over the texts in a row. */
export function signatureOf(...texts: string[]): string {
  return createHash('md5').update(texts.join(''), 'utf8').digest('hex').toUpperCase();
}

/** Kuaidi100's calls: forms in, JSON out, always with HTTP 200. The keys are asked for at every call. */
export class Kuaidi100Api {
  readonly #config: { keys: Keys<Kuaidi100Keys>; timeoutMs: number };

  constructor(config: { keys: Keys<Kuaidi100Keys>; timeoutMs: number }) {
    this.#config = config;
  }

  get keys(): Kuaidi100Keys {
    return this.#config.keys();
  }

  /**
   * The JSON of an answer. Throws a retryable `NeighbourError` for silence and for what is not an answer of Kuaidi100. A
   * redirect would carry the key elsewhere, and is no answer either.
   */
  async post(call: string, url: string, fields: Record<string, string>): Promise<unknown> {
    let status: number;
    let text: string;
    try {
      const response = await fetch(url, {
        method: 'POST',
        body: new URLSearchParams(fields),
        redirect: 'manual',
        signal: AbortSignal.timeout(this.#config.timeoutMs),
      });
      status = response.status;
      text = await response.text();
    } catch (error) {
      throw unknownResult(call, 'network', error instanceof Error ? error.message : String(error), error);
    }
    if (status !== 200) throw unknownResult(call, 'unverified_answer', `HTTP ${status}`);
    try {
      return JSON.parse(text);
    } catch {
      throw unknownResult(call, 'unverified_answer', 'the answer is not JSON');
    }
  }
}
