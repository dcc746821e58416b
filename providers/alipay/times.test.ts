import { describe, expect, it } from 'vitest';
import { formatBeijing, parseBeijing } from './times.ts';

describe('PY-1 times of Alipay are Beijing wall clocks', () => {
  const instants = ['2026-11-10T16:00:00Z', '2026-12-31T23:59:59Z', '2024-02-28T16:30:00Z'];

  it.each(instants)('%s survives the way there and back in any zone of the process', (text) => {
    const zone = process.env.TZ;
    try {
      for (const tz of ['Asia/Shanghai', 'UTC', 'America/New_York']) {
        process.env.TZ = tz;
        const written = formatBeijing(new Date(text));
        expect(parseBeijing(written)?.toISOString()).toBe(new Date(text).toISOString());
      }
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });

  it('writes the Beijing day, which begins at 16:00 UTC', () => {
    expect(formatBeijing(new Date('2026-11-10T15:59:59Z'))).toBe('2026-11-10 23:59:59');
    expect(formatBeijing(new Date('2026-11-10T16:00:00Z'))).toBe('2026-11-11 00:00:00');
  });

  it('reads the milliseconds of gmt_refund', () => {
    expect(parseBeijing('2026-11-11 00:00:00.320')?.toISOString()).toBe('2026-11-10T16:00:00.320Z');
  });

  it('reads a missing time as none and refuses anything else', () => {
    expect(parseBeijing(undefined)).toBeNull();
    expect(parseBeijing('')).toBeNull();
    expect(() => parseBeijing('2026-11-11')).toThrow(RangeError);
    expect(() => parseBeijing('2026-13-11 00:00:00')).toThrow(RangeError);
  });
});
