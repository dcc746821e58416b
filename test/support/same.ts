import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';

/** Fails the test unless both are equal; for models that are used by tests. */
export const same = (actual: unknown, expected: unknown): void => {
  // A search asks millions of times: what makes a good message is slow.
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toEqual(expected);
};
