import type { Component } from '@orderflow/service-kit/lifecycle';
import type { Logger } from '@orderflow/service-kit/logger';
import type { Pool } from '@orderflow/service-kit/postgres';
import { sleep } from '@orderflow/service-kit/sleep';
import type { PublisherMetrics } from '../metrics.ts';
import { measureBacklog } from './outbox-rows.ts';

const COUNT_LIMIT = 1_000_000;

/** Keeps the gauges of the outbox fresh. */
export class BacklogMonitor implements Component {
  readonly name = 'backlog-monitor';
  readonly #ports: { readonly pool: Pool; readonly metrics: PublisherMetrics; readonly logger: Logger };
  readonly #everyMs: number;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(
    ports: { readonly pool: Pool; readonly metrics: PublisherMetrics; readonly logger: Logger },
    everyMs: number,
  ) {
    this.#ports = ports;
    this.#everyMs = everyMs;
  }

  start(): void {
    this.#running ??= this.#measureUntilStopped();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #measureUntilStopped(): Promise<void> {
    const { pool, metrics, logger } = this.#ports;
    while (!this.#stop.signal.aborted) {
      try {
        const backlog = await measureBacklog(pool, COUNT_LIMIT);
        metrics.unsent.set(backlog.unsent);
        metrics.oldestAge.set(backlog.oldestAgeSeconds);
        metrics.parked.set(backlog.parked);
        metrics.dead.set(backlog.dead);
      } catch (error: unknown) {
        logger.warn({ err: error }, 'outbox backlog not measured');
      }
      await sleep(this.#everyMs, this.#stop.signal);
    }
  }
}
