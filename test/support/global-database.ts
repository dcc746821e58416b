import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import type { TestProject } from 'vitest/node';
import { seedDemo } from '../../cli/seed.ts';
import { choosePorts } from '../../cli/stack/ports.ts';
import { startPostgres } from '../../cli/stack/postgres.ts';
import { Supervisor } from '../../cli/stack/processes.ts';
import { migrate } from '../../db/migrate.ts';

declare module 'vitest' {
  interface ProvidedContext {
    databaseServerUrl: string;
  }
}

/** Starts one PostgreSQL for all workflow tests (or uses DATABASE_URL's) and ends it after the last. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['DATABASE_URL'];
  if (given) {
    project.provide('databaseServerUrl', given);
    return async () => {};
  }
  const supervisor = await Supervisor.start(() => {});
  const dataDir = mkdtempSync(join(tmpdir(), 'dingdan-'));
  chmodSync(dataDir, 0o711);
  supervisor.removeAtEnd(dataDir);
  const { postgres: port } = await choosePorts({});
  const server = await startPostgres({ dataDir, ephemeral: true, port, supervisor, log: console.log });
  project.provide('databaseServerUrl', server.url);
  return async () => {
    await server.process.kill();
    await supervisor.close();
  };
}

/** A database of one's own on that server, with tables and catalogue; `drop` removes it. */
export async function freshDatabase(serverUrl: string): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `lab_${randomUUID().replaceAll('-', '')}`;
  const onServer = async (statement: string) => {
    const sql = postgres(serverUrl, { max: 1, onnotice: () => {} });
    await sql.unsafe(statement).finally(() => sql.end());
  };
  await onServer(`create database ${name}`);
  const address = new URL(serverUrl);
  address.pathname = `/${name}`;
  await migrate(address.href);
  await seedDemo(address.href);
  return { url: address.href, drop: () => onServer(`drop database ${name} with (force)`) };
}
