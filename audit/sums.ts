import type { Voucher } from './facts.ts';

/** Adding up rows and money. */

export function sumOf<Row>(rows: Iterable<Row>, amountOf: (row: Row) => bigint): bigint {
  let total = 0n;
  for (const row of rows) total += amountOf(row);
  return total;
}

/** The rows by what `keyOf` says of them; a key without rows reads as none. */
export function grouped<Row>(
  rows: Iterable<Row>,
  keyOf: (row: Row) => string,
): { of(key: string): readonly Row[]; keys(): Iterable<string> } {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return { of: (key) => groups.get(key) ?? [], keys: () => groups.keys() };
}

/** What the postings left on the accounts that `counts` chooses: debits less credits. */
export function balance(vouchers: Iterable<Voucher>, counts: (account: string) => boolean): bigint {
  const change = ({ debit, credit, amountFen }: Voucher['postings'][number]): bigint =>
    (counts(debit) ? amountFen : 0n) - (counts(credit) ? amountFen : 0n);
  return sumOf(vouchers, (voucher) => sumOf(voucher.postings, change));
}

/** `135.00` for 13500n, with its sign. */
export function yuan(fen: bigint): string {
  const digits = (fen < 0n ? -fen : fen).toString().padStart(3, '0');
  return `${fen < 0n ? '-' : ''}¥${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
