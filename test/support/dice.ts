import type { LineQuantity } from '../../domain/order/cancellation.ts';
import { drawer } from './drawer.ts';

/** Chance that was drawn before: the same values decide the same. */
export class Dice {
  readonly #values: readonly number[];
  #next = 0;

  constructor(values: readonly number[]) {
    this.#values = values;
  }

  /** A whole number below `count`. */
  below(count: number): number {
    return (this.#values[this.#next++ % this.#values.length] as number) % count;
  }

  /** One of them; undefined of none. */
  one<T>(of: readonly T[]): T | undefined {
    return of.length === 0 ? undefined : of[this.below(of.length)];
  }

  /** Some of the pieces, at least one. */
  some(of: readonly LineQuantity[]): LineQuantity[] {
    const chosen = of
      .map(({ lineNo, quantity }) => ({ lineNo, quantity: this.below(quantity + 1) }))
      .filter(({ quantity }) => quantity > 0);
    return chosen.length > 0 ? chosen : of.slice(0, 1).map(({ lineNo }) => ({ lineNo, quantity: 1 }));
  }
}

/** So many draws out of one number. */
export function diceOf(seed: number, draws = 16): Dice {
  const { whole } = drawer(seed);
  return new Dice(Array.from({ length: draws }, () => whole(0, 59)));
}
