import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import postgres from 'postgres';
import { type Account, postgresAccount, postgresBinaries, postgresFolder } from './postgres-place.ts';
import type { ManagedProcess, Supervisor } from './processes.ts';
import { readSettings, saveSettings } from './settings.ts';

const database = 'dingdan';

export interface PostgresOptions {
  dataDir: string;
  ephemeral: boolean;
  port: number;
  supervisor: Supervisor;
  log: (line: string) => void;
}

export interface RunningDatabase {
  url: string;
  /** undefined: it runs elsewhere. */
  process: ManagedProcess | undefined;
}

/**
 * Starts the PostgreSQL that comes with the project on 127.0.0.1, making its files at the first start, and a database
 * with pg_stat_statements where the build has it. The server's safety settings (fsync) stay as they are.
 */
export async function startPostgres(
  options: PostgresOptions,
): Promise<{ url: string; process: ManagedProcess }> {
  const { dataDir, ephemeral, port, supervisor, log } = options;
  const account = await postgresAccount();
  const native = postgresBinaries(account, log);
  const kept = readSettings(dataDir).postgresFolder;
  const inside = join(dataDir, 'postgres');
  const folder = kept && existsSync(kept) ? kept : postgresFolder(inside, account, ephemeral, log);
  if (ephemeral) supervisor.removeAtEnd(folder);
  const password = readSettings(dataDir).postgresPassword ?? randomBytes(18).toString('base64url');
  saveSettings(dataDir, {
    postgresPassword: password,
    ...(folder === inside ? {} : { postgresFolder: folder }),
  });
  const cluster = join(folder, 'data');
  if (!existsSync(join(cluster, 'PG_VERSION'))) await initialise(native, cluster, password, account);

  const statements = existsSync(join(native, 'share/postgresql/extension/pg_stat_statements.control'));
  const address = (name: string) => `postgres://postgres:${password}@127.0.0.1:${port}/${name}`;
  const server = await supervisor.run({
    name: 'PostgreSQL',
    command: join(native, 'bin', 'postgres'),
    args: [
      ...['-D', cluster, '-p', String(port)],
      ...setting('listen_addresses', '127.0.0.1'),
      ...setting('unix_socket_directories', ''),
      ...setting('timezone', 'UTC'),
      ...(statements ? setting('shared_preload_libraries', 'pg_stat_statements') : []),
    ],
    logFile: join(dataDir, 'logs', 'postgres.log'),
    cwd: process.platform === 'win32' ? folder : '/',
    uid: account?.uid,
    gid: account?.gid,
    // SIGINT is PostgreSQL's fast shutdown: it ends connections, and leaves nothing to recover.
    stopSignal: 'SIGINT',
    ready: () => query(address('postgres'), async (sql) => void (await sql`select 1`)),
  });
  await query(address('postgres'), async (sql) => {
    const [known] = await sql`select 1 from pg_database where datname = ${database}`;
    if (!known) await sql.unsafe(`create database ${database}`);
  });
  if (statements)
    await query(
      address(database),
      async (sql) => void (await sql.unsafe('create extension if not exists pg_stat_statements')),
    );
  return { url: address(database), process: server };
}

async function initialise(
  native: string,
  cluster: string,
  password: string,
  account: Account,
): Promise<void> {
  const secret = mkdtempSync(join(tmpdir(), 'dingdan-initdb-'));
  const passwordFile = join(secret, 'password');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (account) for (const path of [secret, passwordFile]) chownSync(path, account.uid, account.gid);
  chmodSync(secret, 0o700);
  try {
    await execa(
      join(native, 'bin', 'initdb'),
      [
        ...['--pgdata', cluster, '--username', 'postgres', '--pwfile', passwordFile],
        ...['--auth', 'scram-sha-256', '--encoding', 'UTF8'],
        // PostgreSQL's own collation: the same on every machine, whatever locales it has installed.
        ...['--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8', '--locale', 'C'],
      ],
      { cwd: process.platform === 'win32' ? tmpdir() : '/', ...account },
    );
  } catch (error) {
    rmSync(cluster, { recursive: true, force: true });
    throw error;
  } finally {
    rmSync(secret, { recursive: true, force: true });
  }
}

function setting(name: string, value: string): string[] {
  return ['-c', `${name}=${value}`];
}

async function query(url: string, work: (sql: postgres.Sql) => Promise<void>): Promise<void> {
  const sql = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => {} });
  try {
    await work(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}
