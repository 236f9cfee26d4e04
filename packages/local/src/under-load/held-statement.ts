import type { Pool } from 'pg';
import { until } from '../until.ts';

const WAIT_MS = 20_000;

export interface Hold {
  /** A statement that locks; tried again until it has got hold of rows, where it selects. */
  readonly lock: string;
  /** Pattern (LIKE) of the statement that then has to wait. */
  readonly waits: string;
}

/** Makes the publisher's delete of sent rows wait, and lets readers and inserts pass. */
export const HOLDS_DELETE_OF_SENT: Hold = {
  lock: 'SELECT FROM event_outbox FOR UPDATE SKIP LOCKED',
  waits: '%DELETE FROM event_outbox %',
};

/**
 * Acts while a statement of somebody else waits for a lock; the lock goes away afterwards, however that ends.
 *
 * @throws {Error} when there is nothing to lock, or nobody has to wait, within 20 s.
 */
export async function whileHeld<Result>(
  pool: Pool,
  { lock, waits }: Hold,
  act: () => Promise<Result>,
): Promise<Result> {
  const blocker = await pool.connect();
  try {
    await blocker.query('BEGIN');
    const hasLocked = async (): Promise<boolean> => {
      const { command, rowCount } = await blocker.query(lock);
      return command !== 'SELECT' || rowCount !== 0;
    };
    await until(hasLocked, { what: 'something to lock', timeoutMs: WAIT_MS });
    await until(async () => (await selectWaiting(pool, 'pid', waits)) > 0, {
      what: `a waiting statement like ${waits}`,
      timeoutMs: WAIT_MS,
    });
    return await act();
  } finally {
    blocker.release(true); // closes the connection, and with it the transaction
  }
}

/**
 * Ends the connections whose statement waits. A server goes on with a statement whose client died: a test of a crash wants
 * it to die as well, as it would with the machine.
 */
export async function terminateHeld(pool: Pool, { waits }: Hold): Promise<void> {
  await selectWaiting(pool, 'pg_terminate_backend(pid)', waits);
}

async function selectWaiting(pool: Pool, what: string, pattern: string): Promise<number> {
  const { rowCount } = await pool.query(
    `SELECT ${what} FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE $1`,
    [pattern],
  );
  return rowCount ?? 0;
}
