import type { Component } from '@orderflow/service-kit/lifecycle';
import type { Logger } from '@orderflow/service-kit/logger';
import type { Pool } from '@orderflow/service-kit/postgres';
import { sleep } from '@orderflow/service-kit/sleep';

const EVERY_MS = 10 * 60_000;
const BATCH = 5_000;

/** Deletes at most `BATCH` idempotency keys older than their time to live; returns how many went. */
export async function expireKeys(pool: Pool, ttlHours: number): Promise<number> {
  const { rowCount } = await pool.query(
    `DELETE FROM idempotency_keys WHERE key = ANY (ARRAY(
       SELECT key FROM idempotency_keys WHERE created_at < clock_timestamp() - $1 * interval '1 hour'
       ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED))`,
    [ttlHours, BATCH],
  );
  return rowCount ?? 0;
}

/** Keeps the table of idempotency keys from growing for ever. Every replica does it; they skip each other's rows. */
export class KeyExpiry implements Component {
  readonly name = 'idempotency-key-expiry';
  readonly #pool: Pool;
  readonly #options: { readonly ttlHours: number; readonly logger: Logger };
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(pool: Pool, options: { readonly ttlHours: number; readonly logger: Logger }) {
    this.#pool = pool;
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#expireUntilStopped();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #expireUntilStopped(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      let waitMs = EVERY_MS;
      try {
        if ((await expireKeys(this.#pool, this.#options.ttlHours)) === BATCH) waitMs = 0;
      } catch (error: unknown) {
        this.#options.logger.warn({ err: error }, 'idempotency keys not expired');
      }
      await sleep(waitMs, this.#stop.signal);
    }
  }
}
