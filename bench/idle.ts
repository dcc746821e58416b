import type { Idle, OpenCases } from './cases.ts';
import type { Part } from './cpu.ts';
import type { Goal } from './goal.ts';
import { fixed } from './table.ts';

/** What open cases cost an idle worker, against the same worker without them in the same run. */
export function idleGoals({ count, before, after }: OpenCases): Goal[] {
  const goal = (what: string, unit: string, [without, having]: [number, number], most: number): Goal => ({
    id: 'RT-3',
    goal: `${count} open cases, idle: ${what} ≤ ${fixed(most, 2)} ×`,
    measured: `${fixed(having / without, 2)} (${fixed(having)} of ${fixed(without)} ${unit})`,
    reached: having <= most * without,
  });
  const cpu = ({ cpuMs, seconds }: Idle) => (cpuMs.worker ?? Number.NaN) / seconds;
  const goals = [goal('worker CPU', 'ms/s', [cpu(before), cpu(after)], 1.5)];
  const calls = [before, after].map(callsPerSecond) as [number | null, number | null];
  if (calls[0] === null || calls[1] === null) return goals;
  return [...goals, goal('calls to Temporal', '/s', [calls[0], calls[1]], 1.1)];
}

const SHOWN: Part[] = ['worker', 'api', 'temporal', 'postgres'];

export const idleHead: string[] = [
  'idle',
  ...SHOWN.map((part) => `${part} ms/s`),
  'Temporal calls/s',
  'by others',
];

export const idleRows = ({ count, before, after }: OpenCases): string[][] => [
  idleRow('no case', before),
  idleRow(`${count} open cases`, after),
];

function idleRow(name: string, idle: Idle): string[] {
  const calls = callsPerSecond(idle);
  return [
    name,
    ...SHOWN.map((part) => {
      const used = idle.cpuMs[part];
      return used === undefined ? '–' : fixed(used / idle.seconds, 2);
    }),
    calls === null ? '–' : fixed(calls, 2),
    fixed(idle.othersCores, 2),
  ];
}

function callsPerSecond({ calls, seconds }: Idle): number | null {
  return calls && Object.values(calls).reduce((sum, count) => sum + count, 0) / seconds;
}
