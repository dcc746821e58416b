import { createHash } from 'node:crypto';
import { Failure } from './failure.ts';

/** The first answer under a key, as it was. */
export interface KeptAnswer {
  key: string;
  fingerprint: string;
  status: number;
  body: string;
  /** What the answer is about; null if the request was refused. */
  tradeName: string | null;
  atMs: number;
}
export type AnswerEntry = { e: 'answer'; answer: KeptAnswer };

/** "Keys are eligible to be removed after they're at least 24 hours old": https://docs.stripe.com/api/idempotent_requests. */
const KEPT_MS = 24 * 3600_000;
const MAX_LENGTH = 255;

/**
 * Answers by idempotency key. A refusal is kept like a success once its endpoint began to execute; what failed before
 * (a wrong key, a wrong parameter, a rate limit) is not.
 */
export class Idempotency {
  readonly #kept = new Map<string, KeptAnswer>();
  readonly #inUse = new Set<string>();
  readonly #append: (entry: AnswerEntry) => Promise<void>;

  constructor(append: (entry: AnswerEntry) => Promise<void>) {
    this.#append = append;
  }

  apply({ answer }: AnswerEntry): void {
    this.#kept.set(answer.key, answer);
  }

  /** Takes the key for one request until `end`. Throws a Failure if another request with it is under way. */
  begin(key: string): void {
    if (key.length > MAX_LENGTH)
      throw new Failure(400, `Idempotency keys are up to ${MAX_LENGTH} characters long.`);
    if (this.#inUse.has(key)) {
      throw new Failure(
        409,
        `There is currently another in-progress request using this Idempotent Key: ${key}.`,
        {
          type: 'idempotency_error',
          code: 'idempotency_key_in_use',
        },
      );
    }
    this.#inUse.add(key);
  }

  end(key: string): void {
    this.#inUse.delete(key);
  }

  /** The kept answer of this very request. Throws a Failure if the key belongs to another one. */
  find(key: string, fingerprint: string): KeptAnswer | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined || Date.now() - kept.atMs >= KEPT_MS) return undefined;
    if (kept.fingerprint === fingerprint) return kept;
    throw new Failure(
      400,
      `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
      { type: 'idempotency_error' },
    );
  }

  keep(answer: Omit<KeptAnswer, 'atMs'>): void {
    const entry: AnswerEntry = { e: 'answer', answer: { ...answer, atMs: Date.now() } };
    void this.#append(entry);
    this.apply(entry);
  }
}

/** What makes two requests the same: endpoint and parameters, in whatever order they come. */
export function fingerprintOf(method: string, path: string, pairs: URLSearchParams): string {
  const sorted = new URLSearchParams(pairs);
  sorted.sort();
  return createHash('sha256').update(`${method} ${path}\n${sorted.toString()}`).digest('hex');
}
