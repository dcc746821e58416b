import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { Connection } from '@temporalio/client';

/** What the figures were made on. */
export interface Setting {
  startedAt: string;
  commit: string;
  node: string;
  temporalServer: string;
  temporalSdk: string;
  /** Where the Temporal server keeps its histories, and whether the bench started it. */
  temporalKind: string;
  postgres: Record<string, string>;
  cores: number;
  cpu: string;
  memoryGiB: number;
  /** Of the minute before: other work on the machine shows here. */
  loadBefore: number;
}

export async function describeSetting(
  temporalAddress: string,
  ownServer: boolean,
  postgres: Record<string, string>,
): Promise<Setting> {
  const connection = await Connection.connect({ address: temporalAddress });
  try {
    const { serverVersion, persistenceStore } = await connection.workflowService.getClusterInfo({});
    const temporalKind = ownServer
      ? 'dev server, SQLite in memory'
      : `given by TEMPORAL_ADDRESS, store ${persistenceStore || 'unknown'}`;
    return {
      startedAt: new Date().toISOString(),
      commit: commit(),
      node: process.version,
      temporalServer: serverVersion ?? 'unknown',
      temporalSdk: versionOf('@temporalio/worker'),
      temporalKind,
      postgres,
      cores: cpus().length,
      cpu: cpus()[0]?.model ?? 'unknown',
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      loadBefore: loadavg()[0] ?? 0,
    };
  } finally {
    await connection.close();
  }
}

function versionOf(name: string): string {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** The commit, with `+` when the tree differs from it. */
function commit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain') === '' ? '' : '+');
  } catch {
    return 'none';
  }
}
