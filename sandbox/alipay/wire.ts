import { createPrivateKey, createPublicKey, createSign, createVerify, type KeyObject } from 'node:crypto';

/** Alipay's wire conventions: what is signed, how money and times are written. */

export interface Keys {
  own: KeyObject;
  app: KeyObject;
}

export function loadKeys(settings: { privateKey: string; appPublicKey: string }): Keys {
  return { own: createPrivateKey(settings.privateKey), app: createPublicKey(settings.appPublicKey) };
}

/** `k=v&k=v` of every non-empty parameter but those left out, sorted by name. */
export function signedText(params: Record<string, string>, leftOut: readonly string[]): string {
  return Object.keys(params)
    .filter((name) => !leftOut.includes(name) && params[name] !== '')
    .sort()
    .map((name) => `${name}=${params[name]}`)
    .join('&');
}

export type SignType = 'RSA' | 'RSA2';

export function sign(text: string, key: KeyObject, type: SignType = 'RSA2'): string {
  return createSign(type === 'RSA2' ? 'RSA-SHA256' : 'RSA-SHA1')
    .update(text, 'utf8')
    .sign(key, 'base64');
}

export function verified(text: string, signature: string, key: KeyObject): boolean {
  return createVerify('RSA-SHA256').update(text, 'utf8').verify(key, signature, 'base64');
}

/** A notification's body: a form whose signature leaves out `sign` and `sign_type`. */
export function signedForm(params: Record<string, string>, key: KeyObject, type: SignType = 'RSA2'): string {
  const whole = { ...params, sign_type: type };
  const signature = sign(signedText(whole, ['sign', 'sign_type']), key, type);
  return new URLSearchParams({ ...whole, sign: signature }).toString();
}

/** `135.00` for 13500. */
export function yuan(fen: number): string {
  const digits = String(fen).padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** Fen of an amount between 0.01 and 100000000.00 yuan; null for anything else. */
export function fenOf(text: string): number | null {
  const match = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(text);
  if (!match) return null;
  const fen = Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'));
  return fen >= 1 && fen <= 10_000_000_000 ? fen : null;
}

const BEIJING_OFFSET_MS = 8 * 3600 * 1000;

/** Milliseconds since 1970 as a Beijing wall clock, `2026-11-11 08:00:00`. */
export function beijing(atMs: number): string {
  return new Date(atMs + BEIJING_OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');
}

/** Milliseconds since 1970 of `2026-11-11 08:00:00` in Beijing; null for anything else. */
export function beijingMs(text: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/.test(text)) return null;
  const wallClock = Date.parse(`${text.replace(' ', 'T')}Z`);
  return Number.isNaN(wallClock) ? null : wallClock - BEIJING_OFFSET_MS;
}
