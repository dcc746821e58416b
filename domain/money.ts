/** An amount of money in fen: CNY 1.00 = 100n. The only representation of money in code and database. */
export type Fen = bigint;

/** "135.00" for 13500n; negative amounts keep their sign. */
export function formatYuan(fen: Fen): string {
  const digits = (fen < 0n ? -fen : fen).toString().padStart(3, '0');
  return `${fen < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** 13500n for "135.00", "135" or "135.0". Throws on anything else: money is never rounded on the way in. */
export function parseYuan(yuan: string): Fen {
  const match = /^(-?)(\d{1,15})(?:\.(\d{1,2}))?$/.exec(yuan);
  if (!match) throw new RangeError(`not an amount in yuan: ${yuan}`);
  const fen = BigInt(match[2] as string) * 100n + BigInt((match[3] ?? '').padEnd(2, '0'));
  return match[1] ? -fen : fen;
}

export function sumFen(amounts: Iterable<Fen>): Fen {
  let total = 0n;
  for (const amount of amounts) total += amount;
  return total;
}

export function minFen(a: Fen, b: Fen): Fen {
  return a < b ? a : b;
}
