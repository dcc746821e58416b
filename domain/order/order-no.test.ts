import fc from 'fast-check';
import { expect, test } from 'vitest';
import { childOrderNos, isOrderNo, newOrderNo } from './order-no.ts';

const at = new Date('2026-03-01T04:05:06Z');

function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
    return ((t ^ (t >>> 14)) >>> 0) & 255;
  };
}

test('SB-3 a number starts with the Beijing second, so numbers sort by time', () => {
  const no = newOrderNo(at, mulberry(1));
  expect(no).toMatch(/^260301120506[0-9A-Z]{9}$/);
  expect(newOrderNo(new Date(at.getTime() + 1000), mulberry(2)) > no).toBe(true);
});

test('SB-3 a million numbers of one second have no duplicate', () => {
  const random = mulberry(42);
  const seen = new Set<string>();
  for (let i = 0; i < 1_000_000; i++) seen.add(newOrderNo(at, random));
  expect(seen.size).toBe(1_000_000);
});

test('SB-3 every one-character error and every swap of neighbours is detected, in roots and children', () => {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 0, max: 3 }), (seed, depth) => {
      let no = newOrderNo(at, mulberry(seed));
      for (let i = 0; i < depth; i++) no = childOrderNos(no, 3).at(-1) as string;
      expect(isOrderNo(no)).toBe(true);
      expect(no.length).toBeLessThanOrEqual(32);
      for (let i = 0; i < no.length; i++) {
        for (const other of alphabet) {
          if (other !== no[i]) expect(isOrderNo(no.slice(0, i) + other + no.slice(i + 1))).toBe(false);
        }
        const swapped = no.slice(0, i) + (no[i + 1] ?? '') + no[i] + no.slice(i + 2);
        if (i + 1 < no.length && swapped !== no) expect(isOrderNo(swapped)).toBe(false);
      }
    }),
    { numRuns: 200 },
  );
});

test('SP-2 children of a node have different numbers that begin with the parent’s', () => {
  const root = newOrderNo(at, mulberry(7));
  const children = childOrderNos(root, 20);
  expect(new Set(children).size).toBe(20);
  for (const child of children) expect(child.startsWith(root)).toBe(true);
});
