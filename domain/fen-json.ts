/** Money inside JSON: integers in fields whose name ends in `Fen` (or is `amountFen`-like), bigint in code. */

/** A JSON-safe copy: every bigint becomes a safe integer. */
export function fenToJson(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw new RangeError(`${value} does not fit a JSON integer`);
    return number;
  }
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(fenToJson);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fenToJson(item)]));
  }
  return value;
}

/** The way back: integers under a key ending in `Fen` become bigint. */
export function fenFromJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fenFromJson);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        key.endsWith('Fen') && typeof item === 'number' ? BigInt(item) : fenFromJson(item),
      ]),
    );
  }
  return value;
}
