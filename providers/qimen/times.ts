/** Qimen writes every time as a wall clock in Beijing. */

const BEIJING_OFFSET_MS = 8 * 3600 * 1000;

/** `2026-11-11 08:00:00`. */
export function formatBeijing(at: Date): string {
  return new Date(at.getTime() + BEIJING_OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');
}

/** The moment of `2026-11-11 08:00:00` in Beijing; null for anything else, days that do not exist included. */
export function parseBeijing(text: string): Date | null {
  if (!/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/.test(text)) return null;
  const at = new Date(`${text.replace(' ', 'T')}+08:00`);
  return !Number.isNaN(at.getTime()) && formatBeijing(at) === text ? at : null;
}
