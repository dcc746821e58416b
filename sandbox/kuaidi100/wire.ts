import { createHash } from 'node:crypto';

/** Kuaidi100's wire conventions: what is signed, and how times are written. */

/** Upper-case hexadecimal MD5 over the texts in a row. */
export function signatureOf(...texts: string[]): string {
  return createHash('md5').update(texts.join(''), 'utf8').digest('hex').toUpperCase();
}

const BEIJING_OFFSET_MS = 8 * 3600 * 1000;

/** Milliseconds since 1970 as a Beijing wall clock, `2026-11-11 08:00:00`. */
export function beijing(atMs: number): string {
  return new Date(atMs + BEIJING_OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');
}
