import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** One line of `/proc/PID/stat`, as far as CPU time needs it; times in clock ticks. */
export interface ProcessTimes {
  pid: number;
  parentPid: number;
  name: string;
  own: number;
  /** Of children that ended and were waited for. */
  endedChildren: number;
}

/** Reads a line of `/proc/PID/stat`. The name may hold blanks and brackets: it ends at the last bracket. */
export function parseStat(line: string): ProcessTimes {
  const open = line.indexOf('(');
  const close = line.lastIndexOf(')');
  const rest = line
    .slice(close + 2)
    .split(' ')
    .map(Number);
  const field = (number: number) => rest[number - 3] ?? Number.NaN;
  return {
    pid: Number(line.slice(0, open)),
    name: line.slice(open + 1, close),
    parentPid: field(4),
    own: field(14) + field(15),
    endedChildren: field(16) + field(17),
  };
}

/**
 * The CPU time of a process and of all below it, in ticks. What has ended is in its parent's account, so that the sum
 * never falls while backends come and go.
 */
export function treeTicks(root: number, processes: readonly ProcessTimes[]): number {
  const self = processes.find((candidate) => candidate.pid === root);
  if (!self) return Number.NaN;
  const below = processes.filter((candidate) => candidate.parentPid === root);
  return (
    self.own + self.endedChildren + below.reduce((sum, child) => sum + treeTicks(child.pid, processes), 0)
  );
}

/** Busy ticks of all cores: the first line of `/proc/stat` without what is idle or waits for a disk. */
export function busyTicks(line: string): number {
  const [user, nice, system, , , irq, softirq, steal] = line.split(/ +/).slice(1).map(Number);
  return [user, nice, system, irq, softirq, steal].reduce<number>((sum, ticks) => sum + (ticks ?? 0), 0);
}

/** Every process of this machine. Throws where there is no `/proc`. */
export function readProcesses(): ProcessTimes[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))];
      } catch {
        return []; // ended meanwhile
      }
    });
}

export const PARTS = ['api', 'worker', 'skeleton', 'temporal', 'postgres', 'sandbox', 'load'] as const;
export type Part = (typeof PARTS)[number];

/** CPU milliseconds by part; a part that runs elsewhere is missing. */
export type CpuMs = Partial<Record<Part, number>>;

export type Pids = Partial<Record<Part, number | undefined>>;

/** Reads the CPU time that each part has used since it started. The load generator is this process without its children. */
export class CpuMeter {
  readonly #msPerTick = 1000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  readonly #pids: Pids;

  constructor(pids: Pids) {
    this.#pids = pids;
  }

  read(): CpuMs {
    const processes = readProcesses();
    const used: CpuMs = {};
    for (const part of PARTS) {
      const pid = part === 'load' ? process.pid : this.#pids[part];
      if (pid === undefined) continue;
      const ticks =
        part === 'load'
          ? (processes.find((candidate) => candidate.pid === pid)?.own ?? Number.NaN)
          : treeTicks(pid, processes);
      used[part] = ticks * this.#msPerTick;
    }
    return used;
  }

  /** CPU milliseconds of everything on this machine, since it started. */
  readMachine(): number {
    const [line] = readFileSync('/proc/stat', 'utf8').split('\n') as [string];
    return busyTicks(line) * this.#msPerTick;
  }

  since(before: CpuMs): CpuMs {
    const now = this.read();
    const used: CpuMs = {};
    for (const part of PARTS) {
      const [from, to] = [before[part], now[part]];
      if (from !== undefined && to !== undefined) used[part] = to - from;
    }
    return used;
  }
}

/** The sum over some parts; those that run elsewhere count nothing. */
export function sumMs(used: CpuMs, parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + (used[part] ?? 0), 0);
}

/** The child of this process whose command line holds `text`. */
export function childRunning(text: string): number | undefined {
  return readProcesses().find((candidate) => {
    if (candidate.parentPid !== process.pid) return false;
    try {
      return readFileSync(`/proc/${candidate.pid}/cmdline`, 'utf8').replaceAll('\0', ' ').includes(text);
    } catch {
      return false;
    }
  })?.pid;
}
