import { expect } from 'vitest';

/** Fails the test unless both are equal; for models that are used by tests. */
export const same = (actual: unknown, expected: unknown): void => expect(actual).toEqual(expected);
