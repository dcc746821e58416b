import {
  createCipheriv,
  createPrivateKey,
  createPublicKey,
  createSign,
  createVerify,
  type KeyObject,
  randomBytes,
} from 'node:crypto';

/** WeChat Pay's wire conventions: what is signed and sealed, how money and times are written. */

export interface Keys {
  merchant: { serial: string; key: KeyObject };
  /** The provider's own keys can be replaced while it runs; a restart goes back to the settings. */
  platform: { id: string; key: KeyObject };
  apiV3Key: string;
}

export function loadKeys(settings: {
  merchant: { serial: string; publicKey: string };
  platform: { id: string; privateKey: string };
  apiV3Key: string;
}): Keys {
  const { merchant, platform, apiV3Key } = settings;
  return {
    merchant: { serial: merchant.serial, key: createPublicKey(merchant.publicKey) },
    platform: { id: platform.id, key: createPrivateKey(platform.privateKey) },
    apiV3Key,
  };
}

const lines = (...parts: (string | number)[]): string => parts.map((part) => `${part}\n`).join('');

export function requestVerified(
  request: { method: string; path: string; timestamp: string; nonce: string; body: string },
  signature: string,
  key: KeyObject,
): boolean {
  const { method, path, timestamp, nonce, body } = request;
  return createVerify('RSA-SHA256')
    .update(lines(method, path, timestamp, nonce, body))
    .verify(key, signature, 'base64');
}

/** The headers of an answer or a notification; forged ones carry a well-formed signature over something else. */
export function signedHeaders(
  body: string,
  { id, key }: Keys['platform'],
  {
    atMs = Date.now(),
    serial = id,
    forged = false,
  }: { atMs?: number; serial?: string; forged?: boolean } = {},
): Record<string, string> {
  const timestamp = String(Math.floor(atMs / 1000));
  const nonce = randomBytes(16).toString('hex').toUpperCase();
  const text = lines(timestamp, nonce, forged ? `${body} ` : body);
  return {
    'Wechatpay-Timestamp': timestamp,
    'Wechatpay-Nonce': nonce,
    'Wechatpay-Serial': serial,
    'Wechatpay-Signature': createSign('RSA-SHA256').update(text).sign(key, 'base64'),
    'Wechatpay-Signature-Type': 'WECHATPAY2-SHA256-RSA2048',
  };
}

/** AEAD_AES_256_GCM: base64 of the cipher text with the 16 bytes of the tag behind it, and a nonce of 12 characters. */
export function seal(
  text: string,
  apiV3Key: string,
  associatedData: string,
): { ciphertext: string; nonce: string } {
  const nonce = randomBytes(6).toString('hex');
  const cipher = createCipheriv('aes-256-gcm', apiV3Key, nonce).setAAD(Buffer.from(associatedData));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return { ciphertext: sealed.toString('base64'), nonce };
}

/** `135.00` for 13500; negative sums keep their sign. */
export function yuan(fen: number): string {
  const digits = String(Math.abs(fen)).padStart(3, '0');
  return `${fen < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

const BEIJING_OFFSET_MS = 8 * 3600 * 1000;

/** Milliseconds since 1970 as a Beijing wall clock, `2026-11-11 08:00:00`. */
export function beijing(atMs: number): string {
  return new Date(atMs + BEIJING_OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');
}

/** The Beijing day, `2026-11-11`. */
export function beijingDay(atMs: number): string {
  return beijing(atMs).slice(0, 10);
}

/** `2026-11-11T08:00:00+08:00`. */
export function rfc3339(atMs: number): string {
  return `${beijing(atMs).replace(' ', 'T')}+08:00`;
}
