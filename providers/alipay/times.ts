/**
 * Alipay writes every time as a Beijing wall clock, `2026-11-11 00:00:00`, without a zone. Both directions are
 * computed from UTC, so the zone of the process does not matter. Source: Alipay's public parameters, `timestamp`,
 * `time_expire`, `gmt_*`.
 */

const BEIJING_OFFSET_MS = 8 * 3600 * 1000;
const PATTERN = /^(\d{4})-(\d{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,3}))?$/;

/** `2026-11-11 08:00:00` for 2026-11-11T00:00:00Z. Milliseconds are dropped. */
export function formatBeijing(instant: Date): string {
  return new Date(instant.getTime() + BEIJING_OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');
}

/** The instant of a Beijing wall clock; null for a missing value. Throws a RangeError on anything else. */
export function parseBeijing(text: string | undefined): Date | null {
  if (text === undefined || text === '') return null;
  const match = PATTERN.exec(text);
  if (!match) throw new RangeError(`not a time of Alipay: ${text}`);
  const wallClock = new Date(
    `${text.slice(0, 10)}T${text.slice(11, 19)}.${(match[7] ?? '0').padEnd(3, '0')}Z`,
  );
  if (Number.isNaN(wallClock.getTime())) throw new RangeError(`not a time of Alipay: ${text}`);
  return new Date(wallClock.getTime() - BEIJING_OFFSET_MS);
}
