import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import * as schema from './schema/index.ts';

export type Database = PostgresJsDatabase<typeof schema>;

/** A pool of connections with its way to close. READ COMMITTED; correctness comes from guards, not isolation. */
export function connect(databaseUrl: string, pool = 10): { db: Database; close(): Promise<void> } {
  const client = postgres(databaseUrl, {
    max: pool,
    onnotice: () => {},
    idle_timeout: 60,
    connection: { application_name: 'dingdan' },
  });
  return { db: drizzle(preparing(client), { schema }), close: () => client.end({ timeout: 5 }) };
}

/**
 * drizzle sends unnamed statements, which PostgreSQL parses and plans anew each time, in two round trips. Here each is
 * prepared once per connection: one round trip, and no planning (P3, P4). Those without parameters stay simple.
 */
function preparing(client: postgres.Sql): postgres.Sql {
  const { unsafe } = client;
  client.unsafe = (query, parameters = [], options = {}) =>
    unsafe(query, parameters, { ...options, prepare: parameters.length > 0 });
  return client;
}

/** What is built once for each database, however often it is asked for: a query that is always the same. */
export function oncePerDatabase<T>(build: (db: Database) => T): (db: Database) => T {
  const built = new WeakMap<Database, T>();
  return (db) => {
    const known = built.get(db);
    if (known) return known;
    const fresh = build(db);
    built.set(db, fresh);
    return fresh;
  };
}
