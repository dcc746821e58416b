import { chmodSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Addresses, addressesOf, stackEnvironment } from './environment.ts';
import { ensureKeys } from './keys.ts';
import { choosePorts, familiarPorts, type Ports } from './ports.ts';
import { type RunningDatabase, startPostgres } from './postgres.ts';
import { type Launch, type ManagedProcess, Supervisor } from './processes.ts';
import { readSettings, saveSettings, waitUntilUnused } from './settings.ts';
import { startTemporal, type TemporalServer, useTemporal } from './temporal.ts';

export type { ManagedProcess } from './processes.ts';

/** The programs of the product itself. */
export type ProgramName = 'api' | 'worker' | 'sandbox';

/** What the database is filled with once its tables are there. */
export type Seed = 'demo' | 'none';

export interface StackOptions {
  /** Makes the tables and fills them; called once database, Temporal and sandbox serve, before api and worker start. */
  prepareDatabase: (databaseUrl: string, seed: Seed, env: Record<string, string>) => Promise<void>;
  /** Where data, keys, logs and chosen ports are kept; `.dingdan` in the project. Not for an ephemeral stack. */
  dataDir?: string;
  /** Fresh data in a temporary folder, Temporal in memory, random ports; all of it is gone after the stop. */
  ephemeral?: boolean;
  /** Laid over the environment of api, worker and sandbox. PORT, SANDBOX_PORT and IDENTITY_PORT fix those ports. */
  env?: Record<string, string>;
  seed?: Seed;
  /** false: the worker is not started; `process('worker').restart()` starts it. */
  worker?: boolean;
  log?: (line: string) => void;
}

export interface Stack extends Addresses {
  databaseUrl: string;
  temporalAddress: string;
  temporalUiUrl: string | null;
  /** The full environment of the programs. */
  env: Record<string, string>;
  process(name: ProgramName): ManagedProcess;
  /** Ends all in order and removes what was temporary. May be called again. */
  stop(): Promise<void>;
}

const projectRoot = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const scripts: Record<ProgramName, string> = {
  api: 'api/server.ts',
  worker: 'worker.ts',
  sandbox: 'sandbox/server.ts',
};

/**
 * Starts the whole product on this machine: PostgreSQL (or DATABASE_URL), a Temporal server (or TEMPORAL_ADDRESS), the
 * providers' sandbox, worker and API. Whatever had started is stopped again when a part fails, or this process ends.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const log = options.log ?? (() => {});
  const ephemeral = options.ephemeral ?? false;
  const keptDir = resolve(projectRoot, options.dataDir ?? '.dingdan');
  if (!ephemeral) await waitUntilUnused(keptDir);
  const supervisor = await Supervisor.start(log);
  const dataDir = ephemeral ? temporaryFolder(supervisor) : keptDir;
  mkdirSync(dataDir, { recursive: true });
  saveSettings(dataDir, { running: { pid: process.pid, guardianPid: supervisor.pid } });

  const parts: Parts = { programs: [], servers: [] };
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= stopAll(parts, supervisor);
    return stopped;
  };
  try {
    return await assemble({ ...options, log, ephemeral, dataDir }, supervisor, parts, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

function temporaryFolder(supervisor: Supervisor): string {
  const folder = mkdtempSync(join(tmpdir(), 'dingdan-'));
  supervisor.removeAtEnd(folder);
  // The database's account passes through; what is secret inside is closed to it by its own mode.
  chmodSync(folder, 0o711);
  return folder;
}

async function assemble(
  options: StackOptions & { dataDir: string; ephemeral: boolean; log: (line: string) => void },
  supervisor: Supervisor,
  parts: Parts,
  stop: () => Promise<void>,
): Promise<Stack> {
  const { dataDir, ephemeral, log } = options;
  const overrides = options.env ?? {};
  const keep = <T extends { process: ManagedProcess | undefined }>(server: T): T => {
    if (server.process) parts.servers.push(server.process);
    return server;
  };
  const namespace = overrides['TEMPORAL_NAMESPACE'] ?? process.env['TEMPORAL_NAMESPACE'] ?? 'default';
  const temporalAddress = overrides['TEMPORAL_ADDRESS'] ?? process.env['TEMPORAL_ADDRESS'];
  const databaseUrl = overrides['DATABASE_URL'] ?? process.env['DATABASE_URL'];
  const preferred = ephemeral ? {} : { ...familiarPorts, ...readSettings(dataDir).ports };
  const ports = await choosePorts(preferred, fixedPorts(overrides), log);
  saveSettings(dataDir, { ports });
  const base = { dataDir, ephemeral, supervisor, log };

  // A failure of one waits for the other, so that nothing starts after the stop.
  const [database, temporal] = await settle<RunningDatabase, TemporalServer>(
    databaseUrl
      ? { url: databaseUrl, process: undefined }
      : startPostgres({ ...base, port: ports.postgres }).then(keep),
    temporalAddress
      ? useTemporal(temporalAddress, namespace)
      : startTemporal({ ...base, port: ports.temporal, uiPort: ports.temporalUi, namespace }).then(keep),
  );
  log(`PostgreSQL and Temporal serve (${temporal.address})`);

  const keys = await ensureKeys(join(dataDir, 'keys'));
  const env = stackEnvironment({
    ...{ dataDir, ports, keys, namespace, overrides },
    databaseUrl: database.url,
    temporalAddress: temporal.address,
  });
  const programs = Object.fromEntries(
    Object.keys(scripts).map((name) => [
      name,
      supervisor.prepare(program(name as ProgramName, dataDir, env)),
    ]),
  ) as Record<ProgramName, ManagedProcess>;
  parts.servers.push(programs.sandbox);
  parts.programs.push(programs.worker, programs.api);

  await settle(
    programs.sandbox.restart(),
    options.prepareDatabase(database.url, options.seed ?? 'demo', env),
  );
  log('Database and sandbox are ready');
  await settle(options.worker === false ? undefined : programs.worker.restart(), programs.api.restart());
  log('Worker and API serve');
  return {
    ...addressesOf(ports),
    databaseUrl: database.url,
    temporalAddress: temporal.address,
    temporalUiUrl: temporal.uiUrl,
    env,
    process: (name) => programs[name],
    stop,
  };
}

function program(name: ProgramName, dataDir: string, env: Record<string, string>): Launch {
  return {
    name,
    command: process.execPath,
    args: ['--import', 'tsx', scripts[name]],
    logFile: join(dataDir, 'logs', `${name}.log`),
    cwd: projectRoot,
    env,
    ready: 'message',
  };
}

function fixedPorts(env: Record<string, string>): Partial<Ports> {
  const fixed: Partial<Ports> = {};
  if (env['PORT']) fixed.api = Number(env['PORT']);
  if (env['SANDBOX_PORT']) fixed.sandbox = Number(env['SANDBOX_PORT']);
  if (env['IDENTITY_PORT']) fixed.identity = Number(env['IDENTITY_PORT']);
  return fixed;
}

/** Like Promise.all, but throws only when all have settled. */
async function settle<A, B>(first: A | Promise<A>, second: B | Promise<B>): Promise<[A, B]> {
  const [a, b] = await Promise.allSettled([first, second]);
  if (a.status === 'rejected') throw a.reason;
  if (b.status === 'rejected') throw b.reason;
  return [a.value, b.value];
}

/** What was started: `programs` use `servers`, so they stop first. */
interface Parts {
  programs: ManagedProcess[];
  servers: ManagedProcess[];
}

async function stopAll(parts: Parts, supervisor: Supervisor): Promise<void> {
  await Promise.all(parts.programs.map((program) => program.kill()));
  await Promise.all(parts.servers.map((server) => server.kill()));
  await supervisor.close();
}
