import type { Pool } from '@orderflow/service-kit/postgres';

/**
 * Work of which one replica at a time shall do its round. Locks of one database; the numbers are arbitrary and apart
 * from that of the migrations.
 */
export const ADVISORY_LOCKS = {
  forwardDeadLetters: 7_305_102,
  pruneProcessedEvents: 7_305_103,
  rebuildAnalytics: 7_305_104,
} as const;

/**
 * Runs `work` while holding a lock of the session, or resolves with undefined at once when somebody else holds it. No
 * transaction is open meanwhile, so that slow work holds up no vacuum.
 */
export async function withAdvisoryLock<T>(pool: Pool, lockId: number, work: () => Promise<T>): Promise<T | undefined> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [lockId]);
    if (rows[0]?.locked !== true) return undefined;
    try {
      return await work();
    } finally {
      await client.query('SELECT pg_advisory_unlock($1)', [lockId]).catch((error: Error) => {
        broken = error;
      });
    }
  } finally {
    client.release(broken); // a session that may still hold the lock is closed, which frees it
  }
}
