import { setTimeout as sleep } from 'node:timers/promises';
import { ORDER_EVENTS_PARTITIONS } from '@orderflow/contracts/topics';
import { firstIdAt } from '@orderflow/contracts/ids';
import type { Pool } from 'pg';

export const RECOVERY_DEADLINE_MS = 120_000;
const POLL_MS = 50;

/** How far in the future an order may be and still be one of now. */
const FUTURE_MS = 3_600_000;

export interface RecoveryPorts {
  readonly orders: Pick<Pool, 'query'>;
  readonly analytics: Pick<Pool, 'query'>;
  /** Whether every process is up. */
  isComplete(): boolean;
  readonly signal: AbortSignal;
}

/**
 * Waits until the platform has recovered from what ended at `sinceMs` (Unix milliseconds): all processes are ready,
 * every partition has counted an order that was placed since, and nothing older waits in the outbox.
 *
 * @returns the time since then, or undefined when it did not come to that within RECOVERY_DEADLINE_MS.
 */
export async function awaitRecovery(ports: RecoveryPorts, sinceMs: number): Promise<number | undefined> {
  while (Date.now() < sinceMs + RECOVERY_DEADLINE_MS) {
    ports.signal.throwIfAborted();
    await sleep(POLL_MS);
    if (ports.isComplete() && (await isRecovered(ports, sinceMs))) return Date.now() - sinceMs;
  }
  return undefined;
}

async function isRecovered({ orders, analytics }: RecoveryPorts, sinceMs: number): Promise<boolean> {
  try {
    return (
      (await countReachedPartitions(analytics, sinceMs)) === ORDER_EVENTS_PARTITIONS && (await isFresh(orders, sinceMs))
    );
  } catch {
    return false; // a database is away: that is not recovered
  }
}

async function countReachedPartitions(analytics: Pick<Pool, 'query'>, sinceMs: number): Promise<number> {
  const { rows } = await analytics.query<{ partitions: number }>(
    `SELECT count(DISTINCT source_partition)::int AS partitions FROM processed_events
     WHERE order_id >= $1 AND order_id < $2 AND event_type = 'ORDER_CREATED'`,
    [firstIdAt(sinceMs), firstIdAt(sinceMs + FUTURE_MS)],
  );
  return rows[0]?.partitions ?? 0;
}

async function isFresh(orders: Pick<Pool, 'query'>, sinceMs: number): Promise<boolean> {
  const { rows } = await orders.query<{ old: boolean }>(
    'SELECT EXISTS (SELECT FROM event_outbox WHERE created_at < $1) AS old',
    [new Date(sinceMs)],
  );
  return rows[0]?.old === false;
}
