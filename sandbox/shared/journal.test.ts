import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Journal } from './journal.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'journal-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function replay(path: string): Promise<number[]> {
  const entries: number[] = [];
  await (await Journal.open<number>(path, (entry) => entries.push(entry))).close();
  return entries;
}

describe('I5 the journal', () => {
  it('replays what was appended at once, in order', async () => {
    const path = join(folder, 'new', 'j.jsonl');
    const journal = await Journal.open<number>(path, () => undefined);
    const numbers = Array.from({ length: 1000 }, (_, n) => n);
    await Promise.all(numbers.map((n) => journal.append(n)));
    await journal.close();
    expect(await replay(path)).toEqual(numbers);
  });

  it('has an entry on file when its append resolves, without being closed', async () => {
    const path = join(folder, 'j.jsonl');
    const journal = await Journal.open<number>(path, () => undefined);
    for (const n of [1, 2, 3]) {
      await journal.append(n);
      expect((await readFile(path, 'utf8')).trim().split('\n').at(-1)).toBe(String(n));
    }
    await journal.close();
  });

  it('cuts off a line that a crash tore, and goes on after it', async () => {
    const path = join(folder, 'j.jsonl');
    const journal = await Journal.open<string>(path, () => undefined);
    await journal.append('支付');
    await journal.close();
    await appendFile(path, '"torn 退');
    const again = await Journal.open<string>(path, () => undefined);
    await again.append('退款');
    await again.close();
    expect(await replay(path)).toEqual(['支付', '退款']);
  });
});
