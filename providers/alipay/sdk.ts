import { createPublicKey, createVerify, type KeyObject } from 'node:crypto';
import { AlipayRequestError, AlipaySdk, type AlipaySdkSignType } from 'alipay-sdk';
import type { AlipayKeys, Keys } from '../../config/keys.ts';
import { type AlipayAnswer, failedCall } from './errors.ts';
import { formatBeijing } from './times.ts';

export interface SdkSettings {
  gateway: string;
  appId: string;
  keys: Keys<AlipayKeys>;
  /** How long a call may take before its result counts as unknown. */
  timeoutMs?: number;
}

/**
 * The official SDK, made to believe any of Alipay's public keys, for there are two while Alipay changes its key. It
 * also stumbles over an answer without a signature: for an application or method it does not know, Alipay sends an
 * unsigned `error_response`, and the SDK would throw a TypeError that hides the code. Such an answer is refused here
 * like any other that cannot be verified, with its text kept for the error.
 */
export class StrictAlipaySdk extends AlipaySdk {
  readonly #publicKeys: readonly KeyObject[];

  constructor({ gateway, appId, timeoutMs }: SdkSettings, { privateKey, alipayPublicKeys }: AlipayKeys) {
    const [firstPublicKey] = alipayPublicKeys;
    if (firstPublicKey === undefined) throw new Error('Alipay needs one public key at least');
    super({
      gateway,
      appId,
      privateKey: privateKey.trim(),
      alipayPublicKey: firstPublicKey.trim(),
      keyType: 'PKCS8',
      timeout: timeoutMs ?? 5000,
    });
    this.#publicKeys = alipayPublicKeys.map((key) => createPublicKey(key));
  }

  /** The check of notifications and answers alike: one right signature under any key is proof. */
  override rsaCheck(signed: string, signature: string, signType: AlipaySdkSignType = 'RSA2'): boolean {
    const algorithm = signType === 'RSA2' ? 'RSA-SHA256' : 'RSA-SHA1';
    return this.#publicKeys.some((key) =>
      createVerify(algorithm).update(signed, 'utf8').verify(key, signature, 'base64'),
    );
  }

  override checkResponseSign(raw: string, responseKey: string, signature: string, traceId: string): void {
    const refuse = (message: string) => new AlipayRequestError(message, { traceId, responseDataRaw: raw });
    if (typeof signature !== 'string' || signature === '') throw refuse('the answer is not signed');
    if (!this.rsaCheck(this.getSignStr(raw, responseKey), signature)) {
      throw refuse('the signature of the answer is right under none of the public keys');
    }
  }
}

/** One SDK per set of keys: as long as the keys stay the same object, so does the SDK. */
export function sdkOf(settings: SdkSettings): () => StrictAlipaySdk {
  const known = new WeakMap<AlipayKeys, StrictAlipaySdk>();
  return () => {
    const keys = settings.keys();
    const sdk = known.get(keys) ?? new StrictAlipaySdk(settings, keys);
    known.set(keys, sdk);
    return sdk;
  };
}

/** Calls a method of Alipay with its business parameters; answers only what Alipay signed. Throws a ProviderError. */
export type Call = (
  method: string,
  bizContent: Record<string, unknown>,
  more?: { notifyUrl: string },
) => Promise<AlipayAnswer>;

/** The timestamp is set here because the SDK would write the zone of the process. */
export function callsBy(sdk: () => StrictAlipaySdk): Call {
  return async (method, bizContent, more) => {
    try {
      const params = { bizContent, ...more, timestamp: formatBeijing(new Date()) };
      return await sdk().exec(method, params, { validateSign: true });
    } catch (error) {
      throw failedCall(method, error);
    }
  };
}
