import type { z } from 'zod';
import type { Books } from './books.ts';
import type { Desk } from './desk.ts';
import { missing } from './failure.ts';
import type { Operation, StripeFaults } from './faults.ts';
import type { Intent } from './intent.ts';
import { type Params, readParams } from './params.ts';

export interface EndpointContext {
  books: Books;
  desk: Desk;
  faults: StripeFaults;
  /** Where buyers reach the sandbox. */
  publicUrl: () => string;
}

/** One call of the API. `Id` is what the path names. */
export interface Endpoint {
  method: 'GET' | 'POST';
  path: string;
  /** Which of the account's keys may call it. */
  key: 'secret' | 'publishable';
  operation: Operation | null;
  /** Reads the parameters, then performs. Throws a Failure; only what `perform` throws counts as executed. */
  read: (params: Params) => (context: EndpointContext, id: string) => { tradeName: string; body: object };
}

export function endpoint<Input>(
  route: Pick<Endpoint, 'method' | 'path' | 'operation'> & { key?: Endpoint['key'] },
  schema: z.ZodType<Input>,
  perform: (context: EndpointContext, input: Input, id: string) => { tradeName: string; body: object },
): Endpoint {
  return {
    key: 'secret',
    ...route,
    read: (params) => {
      const input = readParams(schema, params);
      return (context, id) => perform(context, input, id);
    },
  };
}

/** The intent of a path or parameter. Throws a Failure. */
export function existing(books: Books, id: string, param = 'intent'): Intent {
  const intent = books.find(id);
  if (!intent) throw missing('payment_intent', id, param);
  return intent;
}

/** A page of what is listed, newest first, as `limit` and `starting_after` ask. Throws a Failure on an unknown cursor. */
export function pageOf<Item extends { id: string }>(
  items: readonly Item[],
  { limit, starting_after: after }: { limit: number; starting_after?: string | undefined },
  kind: string,
): { items: Item[]; hasMore: boolean } {
  const cursor = after === undefined ? -1 : items.findIndex(({ id }) => id === after);
  if (after !== undefined && cursor === -1) throw missing(kind, after, 'starting_after');
  const end = cursor + 1 + limit;
  return { items: items.slice(cursor + 1, end), hasMore: end < items.length };
}
