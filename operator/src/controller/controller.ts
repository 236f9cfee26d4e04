import type { Component } from '@orderflow/service-kit/lifecycle';
import type { Logger } from '@orderflow/service-kit/logger';
import type { ControllerMetrics, ReconcileOutcome } from './controller-metrics.ts';
import { ClusterError, type Leadership, type LagScalers, type ObjectRef, type WorkQueue } from './ports.ts';
import { LeadershipLostError } from './reconcile-context.ts';
import { keyOf, refOf, type ReconcileResult } from './reconcile.ts';

export interface ControllerOptions {
  readonly queue: WorkQueue;
  readonly lagScalers: LagScalers;
  readonly leadership: Leadership;
  readonly reconciler: { reconcile(ref: ObjectRef): Promise<ReconcileResult>; reset(): void };
  readonly hasSynced: () => boolean;
  readonly metrics: ControllerMetrics;
  readonly logger: Logger;
  /** Reconciliations at the same time; most of their time is waiting for Kafka. */
  readonly workers: number;
  /** How long a key waits while this process does not lead. */
  readonly standbyMs: number;
}

/** The loop: changed keys into the queue, keys from the queue to the reconciler, and back when they are due again. */
export class Controller implements Component {
  readonly name = 'controller';
  readonly #options: ControllerOptions;
  #workers: readonly Promise<void>[] | undefined;

  constructor(options: ControllerOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#workers !== undefined) return;
    const { queue, lagScalers, leadership, reconciler, workers } = this.#options;
    lagScalers.onChange((ref) => queue.add(keyOf(ref)));
    leadership.onChange((isLeader) => {
      reconciler.reset();
      if (isLeader) this.#addAll();
    });
    this.#addAll();
    this.#workers = Array.from({ length: workers }, () => this.#work());
  }

  /** What is being reconciled is finished. */
  async stop(): Promise<void> {
    this.#options.queue.shutDown();
    await Promise.all(this.#workers ?? []);
  }

  #addAll(): void {
    for (const { ref } of this.#options.lagScalers.list()) this.#options.queue.add(keyOf(ref));
  }

  async #work(): Promise<void> {
    const { queue } = this.#options;
    for (;;) {
      const key = await queue.take();
      if (key === undefined) return;
      await this.#handle(key);
      queue.done(key);
    }
  }

  async #handle(key: string): Promise<void> {
    const { queue, leadership, hasSynced, metrics, standbyMs } = this.#options;
    if (!leadership.isLeader() || !hasSynced()) {
      queue.addAfter(key, standbyMs);
      return;
    }
    const startedMs = performance.now();
    metrics.started();
    const outcome = await this.#reconcile(key);
    metrics.finished(outcome, performance.now() - startedMs);
  }

  async #reconcile(key: string): Promise<ReconcileOutcome> {
    const { queue, reconciler } = this.#options;
    try {
      const { requeueAfterMs } = await reconciler.reconcile(refOf(key));
      queue.forget(key);
      if (requeueAfterMs === undefined) return 'success';
      queue.addAfter(key, requeueAfterMs);
      return 'requeue_after';
    } catch (error: unknown) {
      this.#retry(key, error);
      return 'error';
    }
  }

  /** After the time that the API server asked for, else with backoff: for one key, while the others go on. */
  #retry(key: string, error: unknown): void {
    const { queue, logger, standbyMs } = this.#options;
    if (error instanceof LeadershipLostError) {
      queue.addAfter(key, standbyMs);
      return;
    }
    logger.warn({ err: error, key }, 'reconciliation failed, trying again');
    if (error instanceof ClusterError && error.retryAfterMs !== undefined) queue.addAfter(key, error.retryAfterMs);
    else queue.addRateLimited(key);
  }
}
