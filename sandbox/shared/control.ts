import type { Context, Hono } from 'hono';
import { z } from 'zod';
import type { Rule as AnyRule, Faults } from './faults.ts';
import type { Attempt, Notice } from './notifier.ts';

/** What the control APIs of all providers share. */

/** A refusal in the provider's words: its code and its sentence. */
export class Refusal extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

/** `?since&cursor&limit` of a listing of the books. */
export const listing = z.object({
  since: instant.optional(),
  cursor: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(10_000).default(1000),
});

/** A page of the books in order of creation, as `listing` asks; `nextCursor` is null at the end. */
export function page<Trade extends { updatedMs: number }>(
  trades: Iterable<Trade>,
  { since, cursor, limit }: z.infer<typeof listing>,
  summary: (trade: Trade) => object,
): { trades: object[]; nextCursor: number | null } {
  const shown: object[] = [];
  let position = 0;
  for (const trade of trades) {
    position += 1;
    if (position <= cursor || trade.updatedMs < (since ?? 0)) continue;
    if (shown.length === limit) return { trades: shown, nextCursor: position - 1 };
    shown.push(summary(trade));
  }
  return { trades: shown, nextCursor: null };
}

/** The JSON of a request; an empty body is an empty object. Throws a ZodError on anything else. */
export async function bodyOf(c: Context): Promise<unknown> {
  const text = await c.req.text();
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    throw new z.ZodError([{ code: 'custom', path: [], message: 'the body must be JSON', input: text }]);
  }
}

/** Errors of a control API: 400 `invalid`, 409 with the provider's code. */
export function answerErrors(control: Hono): void {
  control.onError((error, c) => {
    if (error instanceof z.ZodError)
      return c.json({ error: 'invalid', message: z.prettifyError(error) }, 400);
    if (error instanceof Refusal) return c.json({ error: error.code, message: error.message }, 409);
    throw error;
  });
}

export const iso = (atMs: number | null | undefined): string | null =>
  atMs === null || atMs === undefined ? null : new Date(atMs).toISOString();

/** The delivery log of notifications as the control APIs show it. */
export function deliveries<Content>(
  notices: readonly Notice<Content>[],
  kindOf: (content: Content) => string,
) {
  return notices.map((notice) => ({
    notifyId: notice.notifyId,
    kind: kindOf(notice.content),
    state: notice.state,
    nextAt: iso(notice.nextMs),
    attempts: notice.attempts.map(({ atMs, ...attempt }: Attempt) => ({ at: iso(atMs), ...attempt })),
  }));
}

/**
 * `/faults` of a control API: GET lists the rules, POST adds one, DELETE lifts all of them and releases what they held
 * back.
 */
export function faultRoutes<Rule extends AnyRule>(
  control: Hono,
  {
    faults,
    schema,
    release,
  }: { faults: Faults<Rule>; schema: z.ZodType<Rule>; release: () => Promise<unknown> },
): void {
  control.get('/faults', (c) => c.json({ faults: faults.list() }));
  control.post('/faults', async (c) => {
    faults.add(schema.parse(await bodyOf(c)));
    return c.json({ faults: faults.list() }, 201);
  });
  control.delete('/faults', async (c) => {
    faults.clear();
    await release();
    return c.body(null, 204);
  });
}
