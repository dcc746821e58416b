import { expect, test } from 'vitest';
import { busyTicks, parseStat, sumMs, treeTicks } from './cpu.ts';

const line = (pid: number, name: string, parent: number, times: string) =>
  `${pid} (${name}) S ${parent} 1 1 0 -1 0 0 0 0 0 ${times} 20 0 1 0 99`;

test('a name with blanks and brackets does not move the fields', () => {
  expect(parseStat(line(42, 'postgres: a) (b', 7, '10 5 3 2'))).toEqual({
    pid: 42,
    name: 'postgres: a) (b',
    parentPid: 7,
    own: 15,
    endedChildren: 5,
  });
});

test('a process counts with all below it and all that ended below it', () => {
  const processes = [
    line(1, 'a', 0, '1 0 100 0'),
    line(2, 'b', 1, '10 0 0 0'),
    line(3, 'c', 2, '20 0 5 0'),
    line(4, 'd', 9, '99 0 0 0'),
  ].map(parseStat);
  expect(treeTicks(1, processes)).toBe(136);
  expect(treeTicks(5, processes)).toBeNaN();
});

test('a core that is idle or waits for a disk is not busy', () => {
  expect(busyTicks('cpu  1 2 4 1000 2000 8 16 32 64 0')).toBe(63);
});

test('a part that runs elsewhere counts nothing', () => {
  expect(sumMs({ api: 2, worker: 3 }, ['api', 'worker', 'postgres'])).toBe(5);
});
