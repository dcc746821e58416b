import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GuardianMessage } from './guardian.ts';

/** How to run one program of the stack. */
export interface Launch {
  name: string;
  command: string;
  args: string[];
  /** stdout and stderr are appended here. */
  logFile: string;
  cwd: string;
  env?: NodeJS.ProcessEnv;
  uid?: number | undefined;
  gid?: number | undefined;
  stopSignal?: NodeJS.Signals;
  /** 'message': serves once it has sent 'ready' over IPC; else asked until it resolves. */
  ready: 'message' | (() => Promise<void>);
  readyTimeoutMs?: number;
}

/** A program of the stack that was started. */
export interface ManagedProcess {
  readonly pid: number | undefined;
  readonly logFile: string;
  /** Sends the signal (SIGTERM unless told otherwise) and resolves when the process has ended; SIGKILL after 10 s. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Ends it if it runs, starts it again with the same environment and resolves when it serves. */
  restart(): Promise<void>;
}

const killAfterMs = 10_000;

/** Starts programs whose lives end with this process: a guardian ends them if this one dies without doing so. */
export class Supervisor {
  readonly #guardian: ChildProcess;
  readonly #log: (line: string) => void;

  private constructor(guardian: ChildProcess, log: (line: string) => void) {
    this.#guardian = guardian;
    this.#log = log;
    guardian.unref();
    guardian.channel?.unref();
  }

  static async start(log: (line: string) => void): Promise<Supervisor> {
    const script = fileURLToPath(new URL('./guardian.ts', import.meta.url));
    const guardian = spawn(process.execPath, ['--import', 'tsx', script], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      detached: true,
      cwd: dirname(script),
    });
    await Promise.race([
      once(guardian, 'message'),
      once(guardian, 'exit').then(() => Promise.reject(new Error('The stack guardian did not start.'))),
    ]);
    return new Supervisor(guardian, log);
  }

  get pid(): number | undefined {
    return this.#guardian.pid;
  }

  /** The folder is deleted when this process is gone. */
  removeAtEnd(folder: string): void {
    this.#tell({ kind: 'remove', folder });
  }

  /** A handle on a program that is not started yet: `restart()` starts it. */
  prepare(launch: Launch): ManagedProcess {
    let child: ChildProcess | undefined;
    const kill = async (signal?: NodeJS.Signals) => {
      const running = child;
      child = undefined;
      if (running) await end(running, signal ?? launch.stopSignal ?? 'SIGTERM');
    };
    return {
      get pid() {
        return child?.pid;
      },
      logFile: launch.logFile,
      kill,
      restart: async () => {
        await kill();
        const logStart = sizeOf(launch.logFile);
        const started = this.#spawn(launch);
        child = started;
        let serving = false;
        started.once('exit', (code, signal) => {
          if (child !== started) return;
          child = undefined;
          if (!serving) return;
          this.#log(`${launch.name} ended by itself (${signal ?? `code ${code}`}), see ${launch.logFile}`);
        });
        try {
          await untilReady(started, launch, logStart);
          serving = true;
        } catch (error) {
          await kill();
          throw error;
        }
      },
    };
  }

  /** Starts a program and resolves when it serves. */
  async run(launch: Launch): Promise<ManagedProcess> {
    const managed = this.prepare(launch);
    await managed.restart();
    return managed;
  }

  /** Lets the guardian remove the temporary folders and go. */
  async close(): Promise<void> {
    if (!this.#guardian.connected) return;
    this.#guardian.ref();
    const gone = once(this.#guardian, 'exit');
    this.#guardian.disconnect();
    await gone;
  }

  #spawn(launch: Launch): ChildProcess {
    mkdirSync(dirname(launch.logFile), { recursive: true });
    const output = openSync(launch.logFile, 'a', 0o600);
    const child = spawn(launch.command, launch.args, {
      cwd: launch.cwd,
      env: launch.env ?? process.env,
      stdio: launch.ready === 'message' ? ['ignore', output, output, 'ipc'] : ['ignore', output, output],
      // In a group of its own: Ctrl-C in the terminal reaches only this process, which then stops them in order.
      detached: true,
      ...(launch.uid === undefined ? {} : { uid: launch.uid }),
      ...(launch.gid === undefined ? {} : { gid: launch.gid }),
    });
    closeSync(output);
    child.on('error', () => {});
    const pid = child.pid;
    if (pid === undefined) return child;
    this.#tell({ kind: 'watch', pid, stopSignal: launch.stopSignal ?? 'SIGTERM' });
    child.once('exit', () => this.#tell({ kind: 'forget', pid }));
    return child;
  }

  #tell(message: GuardianMessage): void {
    if (this.#guardian.connected) this.#guardian.send(message, () => {});
  }
}

async function untilReady(child: ChildProcess, launch: Launch, logStart: number): Promise<void> {
  const timeoutMs = launch.readyTimeoutMs ?? 60_000;
  const abort = new AbortController();
  const { signal } = abort;
  const failed = (what: string) =>
    new Error(`${launch.name} ${what}. The end of ${launch.logFile}:\n${tail(launch.logFile, logStart)}`);
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<never>((_, reject) => {
    child.once('error', (error) => reject(failed(`could not be started (${error.message})`)));
    child.once('exit', (code, name) => reject(failed(`ended before it served (${name ?? `code ${code}`})`)));
    timer = setTimeout(() => reject(failed(`did not serve within ${timeoutMs / 1000} s`)), timeoutMs);
  });
  const serves = launch.ready === 'message' ? readyMessage(child) : poll(launch.ready, signal);
  try {
    await Promise.race([serves, ended]);
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}

function readyMessage(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.on('message', (message) => {
      if (message === 'ready') resolve();
    });
  });
}

async function poll(question: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      return await question();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  await gone;
  clearTimeout(timer);
}

function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}

/** The last lines that were written after byte `from`. */
function tail(file: string, from: number): string {
  if (!existsSync(file)) return '';
  const text = readFileSync(file).subarray(from).toString('utf8');
  return text.trimEnd().split('\n').slice(-20).join('\n');
}
