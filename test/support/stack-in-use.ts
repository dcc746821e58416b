import { inject } from 'vitest';
import { connect, type Database } from '../../db/client.ts';
import type { StackAddresses } from './global-stack.ts';

let chosen: StackAddresses | undefined;
let pool: ReturnType<typeof connect> | undefined;

/** The stack that `world.ts` acts on: the acceptance tests' common one, or the one that was chosen. */
export const stack = (): StackAddresses => chosen ?? inject('stack');

/** Acts on a stack of one's own from now on; to be called before anything else is done. */
export function useStack(addresses: StackAddresses): void {
  chosen = addresses;
}

/** The database, for what is given before a test and for invariants after it; what is tested goes over HTTP. */
export function database(): Database {
  pool ??= connect(stack().databaseUrl, 4);
  return pool.db;
}

/** Ends the connections to the database, so that a stack of one's own can end in order. */
export async function leaveDatabase(): Promise<void> {
  await pool?.close();
  pool = undefined;
}
