import { existsSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { cacheFolder } from './cache.ts';

const goModule = 'github.com/temporalio/cli/cmd/temporal@v1.5.1';
/** Older servers do not have worker deployment versions on. */
const oldestServer = [1, 28] as const;
const downloadTimeoutMs = 90_000;

/** Temporal's command line program, which contains the development server. */
export interface TemporalBinary {
  path: string;
  /** Version of the server in it, as in "1.29.1". */
  serverVersion: string;
}

/** The first that works: on the PATH, in the cache, the SDK's download, built from its Go module (minutes, once). */
export async function findTemporal(log: (line: string) => void): Promise<TemporalBinary> {
  const cached = join(cacheFolder('temporal'), process.platform === 'win32' ? 'temporal.exe' : 'temporal');
  const known = (await inspect('temporal')) ?? (await inspect(cached));
  if (known) return known;

  log('Temporal server: none on the PATH; asking for the SDK’s download');
  const downloadError = await download(cached).catch((error: Error) => error);
  const downloaded = await inspect(cached);
  if (downloaded) return downloaded;
  log(`Temporal server: no download (${reason(downloadError)})`);

  const buildError = await build(cached, log).catch((error: Error) => error);
  const built = await inspect(cached);
  if (built) return built;
  throw new Error(
    [
      'No Temporal server could be had. One of these is needed:',
      `  - the Temporal CLI, with server ${oldestServer.join('.')} or newer, on the PATH (https://docs.temporal.io/cli), or`,
      '  - TEMPORAL_ADDRESS=host:port of a Temporal server that runs, or',
      `  - Go 1.21 or newer on the PATH, and its module proxy, so that it can be built: go install ${goModule}`,
      `What was tried: download: ${reason(downloadError)}; build: ${reason(buildError)}`,
    ].join('\n'),
  );
}

async function inspect(path: string): Promise<TemporalBinary | undefined> {
  const result = await execa(path, ['--version'], { reject: false, timeout: 20_000 });
  const serverVersion = /\(Server ([^\s,)]+)/.exec(result.stdout ?? '')?.[1];
  return serverVersion && isRecent(serverVersion) ? { path, serverVersion } : undefined;
}

function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > oldestServer[0] || (major === oldestServer[0] && minor >= oldestServer[1]);
}

/** The SDK downloads the program only to start it, so it is started for a moment and the file kept. */
async function download(target: string): Promise<void> {
  const downloadDir = cacheFolder('temporal');
  const { TestWorkflowEnvironment } = await import('@temporalio/testing');
  const trial = TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', downloadDir } },
  });
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error('it took too long')), downloadTimeoutMs).unref();
  });
  await (await Promise.race([trial, late])).teardown();
  const file = readdirSync(downloadDir).find(
    (name) => name.startsWith('temporal-') && !name.endsWith('.downloading'),
  );
  if (file && !existsSync(target)) renameSync(join(downloadDir, file), target);
}

async function build(target: string, log: (line: string) => void): Promise<void> {
  const folder = cacheFolder('temporal');
  const startedAt = Date.now();
  log(`Temporal server: building it from its Go module into ${folder}; once, a few minutes`);
  const child = execa('go', ['install', '-v', goModule], {
    env: { GOBIN: folder },
    all: true,
    cwd: folder,
  });
  let last = 'fetching modules';
  child.all?.on('data', (chunk: Buffer) => {
    last = String(chunk).trim().split('\n').at(-1) ?? last;
  });
  const ticker = setInterval(() => {
    log(
      `Temporal server: building for ${Math.round((Date.now() - startedAt) / 1000)} s, now ${last.slice(0, 80)}`,
    );
  }, 15_000);
  try {
    await child;
  } finally {
    clearInterval(ticker);
  }
  log(`Temporal server: built in ${Math.round((Date.now() - startedAt) / 1000)} s: ${target}`);
}

function reason(outcome: Error | undefined | void): string {
  if (!outcome) return 'gave no usable program';
  const text = 'shortMessage' in outcome ? String(outcome.shortMessage) : outcome.message;
  return (text.split('\n')[0] ?? '').slice(0, 200);
}
