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
  return { db: drizzle(client, { schema }), close: () => client.end({ timeout: 5 }) };
}
