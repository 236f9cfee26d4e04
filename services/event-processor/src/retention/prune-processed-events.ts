import { firstIdAt } from '@orderflow/contracts/ids';
import type { Pool } from '@orderflow/service-kit/postgres';

const ROWS_PER_STATEMENT = 5_000;

/**
 * Deletes one chunk from the old end of the index. An event is old when its id (UUIDv7, so its birth) and its
 * processing are: an id that is not made of time, or a dead letter that was replayed late, stays for its full time.
 */
const PRUNE_CHUNK = `
  DELETE FROM processed_events
  WHERE event_id IN (
    SELECT event_id FROM processed_events
    WHERE event_id < $1 AND applied_at < $2
    ORDER BY event_id
    LIMIT ${ROWS_PER_STATEMENT}
  )`;

/** Deletes what was born and processed before the moment, in short statements. Resolves with the number of rows. */
export async function pruneProcessedEvents(pool: Pool, beforeMs: number, signal: AbortSignal): Promise<number> {
  let pruned = 0;
  while (!signal.aborted) {
    const { rowCount } = await pool.query({
      name: 'prune-processed-events',
      text: PRUNE_CHUNK,
      values: [firstIdAt(beforeMs), new Date(beforeMs)],
    });
    pruned += rowCount ?? 0;
    if ((rowCount ?? 0) < ROWS_PER_STATEMENT) break;
  }
  return pruned;
}
