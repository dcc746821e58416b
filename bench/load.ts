/** How a run went: its duration from the first start to the last end. */
export interface Run {
  count: number;
  seconds: number;
  perSecond: number;
}

/** Keeps `concurrency` of the work under way until `count` were done. Fails at the first failure. */
export async function closedLoop(
  count: number,
  concurrency: number,
  work: (index: number) => Promise<void>,
): Promise<Run> {
  const started = performance.now();
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < count; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: Math.min(count, concurrency) }, lane));
  const seconds = (performance.now() - started) / 1000;
  return { count, seconds, perSecond: count / seconds };
}

/**
 * Starts work at a constant rate, whether or not earlier work is done, so that what waits is counted as waiting. `work`
 * is told when it was due (`performance.now()` milliseconds).
 */
export async function constantRate(
  perSecond: number,
  seconds: number,
  work: (index: number, dueMs: number) => Promise<void>,
): Promise<void> {
  const started = performance.now() + 100;
  const count = Math.max(1, Math.floor(perSecond * seconds));
  await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const dueMs = started + (index * 1000) / perSecond;
      await sleepUntil(dueMs);
      await work(index, dueMs);
    }),
  );
}

export async function sleepUntil(atMs: number): Promise<void> {
  const waitMs = atMs - performance.now();
  if (waitMs > 0) await sleep(waitMs);
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
