import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Stack } from '../cli/stack/index.ts';

/** Calls to a Temporal server since it started, by operation: `PollWorkflowTaskQueue`, … */
export type TemporalCalls = ReadonlyMap<string, number>;

/** Reads the server's metrics: what its frontend was asked in a namespace. */
export function parseCalls(metrics: string, namespace: string): TemporalCalls {
  const calls = new Map<string, number>();
  for (const [, labels = '', count] of metrics.matchAll(/^service_requests\{(.*)\} (\S+)$/gm)) {
    const wanted = [`namespace="${namespace}"`, 'service_name="frontend"'];
    const [, operation] = /operation="(\w+)"/.exec(labels) ?? [];
    if (operation !== undefined && wanted.every((label) => labels.includes(label)))
      calls.set(operation, (calls.get(operation) ?? 0) + Number(count));
  }
  return calls;
}

/** Counts what is asked of the stack's own Temporal server, which says in its log where its metrics are. */
export class TemporalCallMeter {
  readonly #url: string;
  readonly #namespace: string;

  private constructor(url: string, namespace: string) {
    this.#url = url;
    this.#namespace = namespace;
  }

  /** null where the server runs elsewhere. */
  static of(stack: Stack, isOwn: boolean, namespace: string): TemporalCallMeter | null {
    if (!isOwn) return null;
    const log = readFileSync(join(dirname(stack.process('api').logFile), 'temporal.log'), 'utf8');
    const [, url] = /^Metrics:\s+(\S+)$/m.exec(log) ?? [];
    if (url === undefined) throw new Error('the Temporal server does not say where its metrics are');
    return new TemporalCallMeter(url, namespace);
  }

  async read(): Promise<TemporalCalls> {
    return parseCalls(await (await fetch(this.#url)).text(), this.#namespace);
  }

  /** By operation, those that were called at all since then. */
  async since(before: TemporalCalls): Promise<Record<string, number>> {
    const now = await this.read();
    return Object.fromEntries(
      [...now]
        .map(([operation, count]) => [operation, count - (before.get(operation) ?? 0)] as const)
        .filter(([, count]) => count > 0),
    );
  }
}
