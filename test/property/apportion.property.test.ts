import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sumFen } from '../../domain/money.ts';
import { apportion, shareOfUnits } from '../../domain/pricing/apportion.ts';

const RUNS = { numRuns: 1_000 };
const amount = fc.oneof(fc.bigInt({ min: 0n, max: 50n }), fc.bigInt({ min: 0n, max: 10n ** 12n }));
const weights = fc.array(amount, { minLength: 1, maxLength: 12 });
const keysFor = (some: readonly unknown[]) => some.map((_, index) => `sku-${String(index).padStart(2, '0')}`);

test('CK-9 the parts sum to the whole, none is negative', () => {
  fc.assert(
    fc.property(amount, weights, (totalFen, some) => {
      const parts = apportion(totalFen, some, keysFor(some));
      expect(sumFen(parts)).toBe(totalFen);
      expect(parts.every((part) => part >= 0n)).toBe(true);
    }),
    RUNS,
  );
});

test('CK-9 every part is its exact share rounded down or up; no part above its weight, none for a zero weight', () => {
  fc.assert(
    fc.property(amount, weights, (totalFen, some) => {
      const whole = sumFen(some);
      fc.pre(whole > 0n);
      apportion(totalFen, some, keysFor(some)).forEach((part, index) => {
        const weight = some[index] as bigint;
        expect(part * whole > totalFen * weight - whole && part * whole < totalFen * weight + whole).toBe(
          true,
        );
        if (weight === 0n) expect(part).toBe(0n);
        if (totalFen <= whole) expect(part <= weight).toBe(true);
      });
    }),
    RUNS,
  );
});

test('CK-9 the order of the lines does not matter', () => {
  const lines = fc.uniqueArray(fc.record({ key: fc.string(), weight: amount }), {
    minLength: 1,
    maxLength: 8,
    selector: ({ key }) => key,
  });
  const twice = lines.chain((some) =>
    fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length })),
  );
  const byKey = (totalFen: bigint, some: { key: string; weight: bigint }[]) => {
    const keys = some.map(({ key }) => key);
    const parts = apportion(
      totalFen,
      some.map(({ weight }) => weight),
      keys,
    );
    return new Map(keys.map((key, index) => [key, parts[index]]));
  };
  fc.assert(
    fc.property(amount, twice, (totalFen, [some, reordered]) => {
      expect(byKey(totalFen, reordered)).toEqual(byKey(totalFen, some));
    }),
    RUNS,
  );
});

test('SP-9 however the units of a line are taken in turn, together they carry the whole', () => {
  const cuts = fc
    .integer({ min: 1, max: 200 })
    .chain((units) => fc.tuple(fc.constant(units), fc.array(fc.integer({ min: 0, max: units }))));
  fc.assert(
    fc.property(amount, cuts, (totalFen, [units, at]) => {
      const bounds = [0, ...at.sort((a, b) => a - b), units];
      const shares = bounds.map((k) => shareOfUnits(totalFen, units, k));
      const parts = shares.slice(1).map((share, index) => share - (shares[index] as bigint));
      expect(parts.every((part) => part >= 0n)).toBe(true);
      expect(sumFen(parts)).toBe(totalFen);
    }),
    RUNS,
  );
});
