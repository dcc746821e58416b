import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { NoticeDelivery } from '../notice-delivery.ts';
import type { Track, VerifiedTrackNotice } from '../tracking/port.ts';
import { signatureOf } from './api.ts';
import { readTrack } from './report.ts';

const push = z.object({
  status: z.enum(['polling', 'shutdown', 'abort', 'updateall']),
  lastResult: z.unknown(),
});

/**
 * Verifies a push with its parcel's salt and reads it (LG-1). Kuaidi100 signs no time, so an old push is believed as well
 * as a new one: what it tells was true, and `eventKey` and the order of states keep it from counting again.
 */
export function verifyNotice(delivery: NoticeDelivery, salt: string): VerifiedTrackNotice {
  const form = new URLSearchParams(delivery.rawBody);
  const param = only(form, 'param');
  const sign = only(form, 'sign');
  // Without a salt anybody could sign.
  if (salt === '' || param === null || sign === null || !same(sign, signatureOf(param, salt)))
    return { ok: false, reason: 'bad_signature' };
  const parsed = push.safeParse(json(param));
  if (!parsed.success) return { ok: false, reason: 'malformed' };
  const { status, lastResult } = parsed.data;
  const track = readTrack(lastResult, status === 'shutdown' || status === 'abort');
  if (typeof track === 'string') return { ok: false, reason: track };
  return { ok: true, eventKey: keyOf(track, status), track };
}

/** A field that came exactly once. */
function only(form: URLSearchParams, name: string): string | null {
  const values = form.getAll(name);
  return values.length === 1 ? (values[0] ?? null) : null;
}

function same(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Names a report by what it says, as Kuaidi100 gives it no id: the same one told again has the same key. */
function keyOf({ carrier, trackingNo, state, events }: Track, status: string): string {
  const said = events.map(({ at, text, code }) => [at.getTime(), text, code]);
  const content = JSON.stringify([carrier, trackingNo, status, state, said]);
  return createHash('sha256').update(content).digest('hex');
}
