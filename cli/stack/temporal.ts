import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import type { ManagedProcess, Supervisor } from './processes.ts';
import { readSettings, saveSettings } from './settings.ts';
import { findTemporal } from './temporal-binary.ts';

export interface TemporalOptions {
  dataDir: string;
  ephemeral: boolean;
  port: number;
  uiPort: number;
  namespace: string;
  supervisor: Supervisor;
  log: (line: string) => void;
}

export interface TemporalServer {
  address: string;
  uiUrl: string | null;
  process: ManagedProcess | undefined;
}

/**
 * Starts Temporal's development server: in memory and without its Web UI when `ephemeral`, else over a file in the
 * data folder. Updates, Update-with-Start and worker versioning are on by default in server 1.29.
 */
export async function startTemporal(options: TemporalOptions): Promise<TemporalServer> {
  const { dataDir, ephemeral, port, uiPort, namespace, supervisor, log } = options;
  const binary = await findTemporal(log);
  const file = join(dataDir, 'temporal.db');
  if (!ephemeral) checkVersion(dataDir, file, binary.serverVersion);
  const address = `127.0.0.1:${port}`;
  const server = await supervisor.run({
    name: 'Temporal server',
    command: binary.path,
    args: [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--log-level', 'warn'],
      ...(namespace === 'default' ? [] : ['--namespace', namespace]),
      ...(ephemeral ? ['--headless'] : ['--ui-port', String(uiPort), '--db-filename', file]),
    ],
    logFile: join(dataDir, 'logs', 'temporal.log'),
    cwd: dataDir,
    ready: () => askNamespace(address, namespace),
  });
  return { address, uiUrl: ephemeral ? null : `http://127.0.0.1:${uiPort}`, process: server };
}

/** Uses a server that runs elsewhere. Throws, saying what to check, when it does not answer. */
export async function useTemporal(address: string, namespace: string): Promise<TemporalServer> {
  try {
    await askNamespace(address, namespace);
  } catch (error) {
    throw new Error(
      `TEMPORAL_ADDRESS is ${address}, but namespace "${namespace}" does not answer there: ${(error as Error).message}`,
      { cause: error },
    );
  }
  return { address, uiUrl: null, process: undefined };
}

async function askNamespace(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: '5s' });
  try {
    await connection.workflowService.describeNamespace({ namespace });
  } finally {
    await connection.close();
  }
}

function checkVersion(dataDir: string, file: string, version: string): void {
  const written = readSettings(dataDir).temporalVersion;
  if (existsSync(file) && written !== undefined && written !== version)
    throw new Error(
      `${file} was written by Temporal server ${written}; the one found here is ${version}. ` +
        `Put a Temporal CLI with server ${written} on the PATH, or delete ${file}*: ` +
        'orders then go on from their rows in the database.',
    );
  saveSettings(dataDir, { temporalVersion: version });
}
