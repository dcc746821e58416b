import { condition } from '@temporalio/workflow';

/** Does one message's work, given the workflow's time in epoch milliseconds. */
export type MessageWork<T> = (atMs: number) => Promise<T>;

/**
 * What signal handlers fill and the main course empties: handlers only enqueue, so nothing in them can fail or run
 * between two lines of the main course. A message delivered twice (the sweeper does) is taken once.
 */
export class MessageQueue<T> {
  readonly #waiting: MessageWork<T>[] = [];
  readonly #seen = new Set<string>();

  add(id: string, work: MessageWork<T>): void {
    if (this.#seen.has(id)) return;
    this.#seen.add(id);
    this.#waiting.push(work);
  }

  /** A request that carries no id, for which once more does no harm. */
  nudge(work: MessageWork<T>): void {
    this.#waiting.push(work);
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** The next message, or undefined when `untilMs` comes first; without `untilMs` it waits as long as it takes. */
  async next(until: { atMs: number; summary: string } | null): Promise<MessageWork<T> | undefined> {
    if (this.isEmpty) {
      if (until)
        await condition(() => !this.isEmpty, Math.max(1, until.atMs - Date.now()), {
          summary: until.summary,
        });
      else await condition(() => !this.isEmpty);
    }
    return this.#waiting.shift();
  }
}
