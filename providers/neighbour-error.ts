/** A neighbour's silence or refusal that is no answer to the question asked. */
export class NeighbourError extends Error {
  override readonly name = 'NeighbourError';
  readonly neighbour: string;
  /** The neighbour's own code; `network` for silence, `unverified_answer` for one that cannot be believed. */
  readonly code: string;
  /** Whether the same call may be made again. */
  readonly retryable: boolean;

  constructor(details: {
    neighbour: string;
    code: string;
    message: string;
    retryable: boolean;
    cause?: unknown;
  }) {
    super(details.message, { cause: details.cause });
    this.neighbour = details.neighbour;
    this.code = details.code;
    this.retryable = details.retryable;
  }
}
