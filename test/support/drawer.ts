/** Chance with a seed: the same seed draws the same schedule again. */
export interface Drawer {
  /** At least 0, below 1. */
  draw: () => number;
  pick: <T>(list: readonly T[]) => T;
  /** A whole number from `least` to `most`. */
  whole: (least: number, most: number) => number;
}

/** mulberry32: small, seeded, good enough to draw a schedule. */
export function drawer(seed: number): Drawer {
  let state = seed >>> 0;
  const draw = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    draw,
    pick: <T>(list: readonly T[]) => list[Math.floor(draw() * list.length)] as T,
    whole: (least, most) => least + Math.floor(draw() * (most - least + 1)),
  };
}
