/** WeChat Pay writes RFC 3339 with Beijing's offset, and plain Beijing wall clocks in bills. */

const BEIJING_OFFSET_MS = 8 * 3600 * 1000;

/** `2026-11-11T08:00:00+08:00`. */
export function formatRfc3339(at: Date): string {
  return `${new Date(at.getTime() + BEIJING_OFFSET_MS).toISOString().slice(0, 19)}+08:00`;
}

/** The moment of an RFC 3339 text; null for anything else. */
export function parseRfc3339(text: string | undefined): Date | null {
  if (!text || !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.test(text)) return null;
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? null : at;
}

/** The moment of `2026-11-11 08:00:00` in Beijing; null for anything else. */
export function parseBeijing(text: string): Date | null {
  if (!/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/.test(text)) return null;
  return parseRfc3339(`${text.replace(' ', 'T')}+08:00`);
}
