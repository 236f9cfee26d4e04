import type { Logger } from '@orderflow/service-kit/logger';
import { PeriodicTask } from '@orderflow/service-kit/periodic-task';
import type { Pool } from '@orderflow/service-kit/postgres';

const INTERVAL_MS = 10 * 60_000;
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
export function createKeyExpiry(
  pool: Pool,
  { ttlHours, logger }: { readonly ttlHours: number; readonly logger: Logger },
): PeriodicTask {
  return new PeriodicTask({
    name: 'idempotency-key-expiry',
    intervalMs: INTERVAL_MS,
    logger,
    runOnce: async (signal) => {
      let expired = BATCH;
      while (expired === BATCH && !signal.aborted) expired = await expireKeys(pool, ttlHours);
    },
  });
}
