import postgres from 'postgres';
import { fixed } from './table.ts';

const CLIENTS = 16;

/** Refuses to measure a database that may lose what it acknowledged. Answers the settings, for the record. */
export async function requireDurability(sql: postgres.Sql): Promise<Record<string, string>> {
  const settings: Record<string, string> = {};
  for (const name of [
    'fsync',
    'synchronous_commit',
    'full_page_writes',
    'server_version',
    'shared_buffers',
    'max_wal_size',
  ]) {
    const [row] = await sql.unsafe<Record<string, string>[]>(`SHOW ${name}`);
    settings[name] = Object.values(row ?? {})[0] ?? '';
  }
  for (const name of ['fsync', 'synchronous_commit']) {
    if (settings[name] !== 'on')
      throw new Error(`${name} is ${settings[name]}: figures of such a database say nothing. Set it to on.`);
  }
  return settings;
}

/** C1 and C2: statements per second with 16 clients on this database, in a table of their own. */
export async function calibrateDatabase(
  databaseUrl: string,
  seconds: number,
  log: (line: string) => void,
): Promise<{ c1: number; c2: number }> {
  const sql = postgres(databaseUrl, { max: CLIENTS, onnotice: () => {} });
  try {
    await sql`DROP SCHEMA IF EXISTS bench CASCADE`;
    await sql`CREATE SCHEMA bench`;
    await sql`CREATE TABLE bench.rows (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ref text NOT NULL, at timestamptz NOT NULL)`;
    await sql`CREATE TABLE bench.hot (id int PRIMARY KEY, stock bigint NOT NULL)`;
    await sql`INSERT INTO bench.hot VALUES (1, 1000000000)`;
    const at = new Date();
    const c1 = await perSecond(
      seconds,
      (index) => sql`INSERT INTO bench.rows (ref, at) VALUES (${`row-${index}`}, ${at})`,
    );
    const c2 = await perSecond(
      seconds,
      () => sql`UPDATE bench.hot SET stock = stock - 1 WHERE id = 1 AND stock >= 1`,
    );
    await sql`DROP SCHEMA bench CASCADE`;
    log(`C1 ${fixed(c1, 0)} inserts/s, C2 ${fixed(c2, 0)} updates/s of one row`);
    return { c1, c2 };
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Runs statements on as many connections as there are clients, after half a second of getting warm. */
async function perSecond(
  seconds: number,
  statement: (index: number) => PromiseLike<unknown>,
): Promise<number> {
  const begin = performance.now() + 500;
  const end = begin + seconds * 1000;
  let done = 0;
  let index = 0;
  const lane = async () => {
    while (performance.now() < end) {
      await statement(index++);
      const now = performance.now();
      if (now >= begin && now < end) done++;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, lane));
  return done / seconds;
}
