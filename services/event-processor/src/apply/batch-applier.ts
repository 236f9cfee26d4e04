import type { ReadinessCheck } from '@orderflow/service-kit/lifecycle';
import type { Logger } from '@orderflow/service-kit/logger';
import { nextBackoffMs, type BackoffPolicy } from '@orderflow/service-kit/retry';
import { sleep } from '@orderflow/service-kit/sleep';
import type { BatchOutcome } from './apply-batch.ts';
import { isRefusal } from './database-refusal.ts';
import { planBatch, type BatchPlan } from './plan-batch.ts';
import { toDeadDelivery, type PreparedDelivery } from './prepared-delivery.ts';

const BACKOFF: BackoffPolicy = { baseMs: 50, maxMs: 5_000 };

export interface BatchApplierOptions {
  /** One transaction. */
  readonly applyPlan: (plan: BatchPlan) => Promise<BatchOutcome>;
  readonly logger: Logger;
  readonly onRetry: () => void;
}

/**
 * Applies batches whatever the database says. A database that is away is waited for, as long as it takes and without
 * blaming an event; a batch that it refuses is halved until the refused event stands alone and becomes a dead letter.
 */
export class BatchApplier implements ReadinessCheck {
  readonly name = 'analytics-database';
  readonly #options: BatchApplierOptions;
  /** Batches that are between two tries. */
  #waiting = 0;

  constructor(options: BatchApplierOptions) {
    this.#options = options;
  }

  reasonNotReady(): string | undefined {
    return this.#waiting > 0 ? 'batches cannot be written and are tried again' : undefined;
  }

  /**
   * Resolves when every delivery is applied or a dead letter. The two halves of a refused batch are two transactions,
   * in order.
   *
   * @throws the signal's reason when it aborts between two tries.
   */
  async apply(deliveries: readonly PreparedDelivery[], signal: AbortSignal): Promise<BatchOutcome> {
    try {
      return await this.#applyPatiently(planBatch(deliveries), signal);
    } catch (error: unknown) {
      if (!isRefusal(error)) throw error;
      const [first, ...others] = deliveries;
      if (first === undefined) throw error;
      if (others.length > 0) return this.#applyHalves(deliveries, signal);
      if (first.kind === 'dead') throw error; // a letter fits any row: this is a bug, and going on would lose it
      this.#options.logger.warn(
        { err: error, partition: first.partition, offset: first.message.offset, eventId: first.event.eventId },
        'the database refuses an event',
      );
      return this.apply([toDeadDelivery(first, `REFUSED_BY_DATABASE: ${error.message}`)], signal);
    }
  }

  async #applyHalves(deliveries: readonly PreparedDelivery[], signal: AbortSignal): Promise<BatchOutcome> {
    const middle = deliveries.length >> 1;
    const first = await this.apply(deliveries.slice(0, middle), signal);
    const second = await this.apply(deliveries.slice(middle), signal);
    return {
      applied: [...first.applied, ...second.applied],
      duplicates: first.duplicates + second.duplicates,
      dead: [...first.dead, ...second.dead],
    };
  }

  async #applyPatiently(plan: BatchPlan, signal: AbortSignal): Promise<BatchOutcome> {
    for (let attempt = 0; ; attempt += 1) {
      signal.throwIfAborted();
      try {
        return await this.#options.applyPlan(plan);
      } catch (error: unknown) {
        if (isRefusal(error)) throw error;
        this.#options.onRetry();
        this.#options.logger.warn(
          { err: error, attempt, events: plan.events.length },
          'batch not written, trying again',
        );
        await this.#waitForRetry(attempt, signal);
      }
    }
  }

  async #waitForRetry(attempt: number, signal: AbortSignal): Promise<void> {
    this.#waiting += 1;
    try {
      await sleep(nextBackoffMs(BACKOFF, attempt, Math.random()), signal);
    } finally {
      this.#waiting -= 1;
    }
  }
}
