import { fileURLToPath } from 'node:url';
import { migrate as run } from 'drizzle-orm/postgres-js/migrator';
import { connect } from './client.ts';

/** Brings a database to the newest schema. Safe to run again, and at the same time as another. */
export async function migrate(databaseUrl: string): Promise<void> {
  const { db, close } = connect(databaseUrl, 1);
  try {
    await db.execute('SELECT pg_advisory_lock(7264001)');
    await run(db, { migrationsFolder: fileURLToPath(new URL('./migrations', import.meta.url)) });
    await db.execute('SELECT pg_advisory_unlock(7264001)');
  } finally {
    await close();
  }
}
