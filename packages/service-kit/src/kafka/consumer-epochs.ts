import type { BatchHandlers } from './port.ts';

/** Partitions by topic. */
export type Assignment = ReadonlyMap<string, readonly number[]>;

export interface ConsumerEpochsOptions {
  readonly revokeDeadlineMs: number;
  /** Told when a handler failed; the epoch ends all the same. */
  onHandlerError(error: unknown): void;
}

/**
 * Numbers the assignments of a group member and tells the handlers about them. An epoch is
 *
 *   open      from the assignment until it is revoked: batches are handed over, commits go through
 *   closing   while `onRevoked` runs, at most `revokeDeadlineMs`: no batches any more, commits still go through
 *   over      afterwards, for good: nothing goes through, and `current` has moved on
 */
export class ConsumerEpochs {
  readonly #handlers: BatchHandlers;
  readonly #options: ConsumerEpochsOptions;
  #current = 0;
  #state: 'open' | 'closing' | 'over' = 'over';
  #closing: Promise<void> | undefined;

  constructor(handlers: BatchHandlers, options: ConsumerEpochsOptions) {
    this.#handlers = handlers;
    this.#options = options;
  }

  get current(): number {
    return this.#current;
  }

  takesBatches(epoch: number): boolean {
    return epoch === this.#current && this.#state === 'open';
  }

  takesCommits(epoch: number): boolean {
    return epoch === this.#current && this.#state !== 'over';
  }

  /** Begins an epoch. One that was not revoked before ends at once, without a chance to commit. */
  assign(partitions: Assignment): void {
    if (this.#state === 'open') void this.#notifyRevoked(this.#current);
    this.#current += 1;
    this.#state = 'open';
    this.#handlers.onAssigned({ epoch: this.#current, partitions });
  }

  /** Ends the epoch: resolves when the handlers have let go of it or the deadline has passed. Never rejects. */
  revoke(): Promise<void> {
    if (this.#state !== 'over') this.#closing ??= this.#close(this.#current);
    return this.#closing ?? Promise.resolve();
  }

  async #close(epoch: number): Promise<void> {
    this.#state = 'closing';
    const deadline = Promise.withResolvers<void>();
    const timer = setTimeout(deadline.resolve, this.#options.revokeDeadlineMs);
    await Promise.race([this.#notifyRevoked(epoch), deadline.promise]);
    clearTimeout(timer);
    this.#current += 1;
    this.#state = 'over';
    this.#closing = undefined;
  }

  async #notifyRevoked(epoch: number): Promise<void> {
    try {
      await this.#handlers.onRevoked(epoch);
    } catch (error: unknown) {
      this.#options.onHandlerError(error);
    }
  }
}
