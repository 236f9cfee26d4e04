import type { EventType } from '@orderflow/contracts/events';
import type { Pool } from '@orderflow/service-kit/postgres';
import { plainArray } from '@orderflow/service-kit/postgres-arrays';
import type { TraceFields } from '@orderflow/service-kit/trace-context';

/** An event that is not known to be in Kafka. */
export interface OutboxRow extends TraceFields {
  readonly shard: number;
  readonly id: number;
  readonly eventId: string;
  readonly orderId: string;
  readonly eventType: EventType;
  readonly payload: string;
  /** How often Kafka refused the order's oldest event so far; 0 for nearly all. */
  readonly attempts: number;
}

/**
 * The oldest unsent events of the given shards, at most `perShardLimit` of each, ordered within each shard. What is
 * unsent is asked by existence, never by "id greater than the last": ids are drawn in another order than transactions
 * commit, and an id that turns up late must not be missed. Parked orders are left out whole.
 */
export async function readUnsent(pool: Pool, shards: readonly number[], perShardLimit: number): Promise<OutboxRow[]> {
  const { rows } = await pool.query<OutboxRow>({
    name: 'read-unsent',
    text: `
SELECT o.shard, o.id, o.event_id AS "eventId", o.order_id AS "orderId", o.event_type AS "eventType", o.payload,
       o.traceparent, o.tracestate, o.attempts
FROM unnest($1::smallint[]) AS s (shard) CROSS JOIN LATERAL (
  SELECT e.*, coalesce(p.attempts, 0) AS attempts
  FROM event_outbox e LEFT JOIN outbox_parked p ON p.order_id = e.order_id
  WHERE e.shard = s.shard AND (p.next_attempt_at IS NULL OR p.next_attempt_at <= clock_timestamp())
  ORDER BY e.id LIMIT $2
) o`,
    values: [shards, perShardLimit],
  });
  return rows;
}

/**
 * Forgets events that Kafka has acknowledged, and that their orders were parked: whoever parked an order did so for its
 * oldest event, which is sent when any is. Safe from anyone at any time: a row is deleted only after its event was
 * acknowledged by all in-sync replicas, so that a publisher whose lease is over can do no harm either.
 */
export async function deleteSent(pool: Pool, rows: readonly OutboxRow[]): Promise<void> {
  await pool.query({
    name: 'delete-sent',
    text: `WITH released AS (DELETE FROM outbox_parked WHERE order_id = ANY ($3::uuid[]))
           DELETE FROM event_outbox o USING unnest($1::smallint[], $2::bigint[]) AS d (shard, id)
           WHERE o.shard = d.shard AND o.id = d.id`,
    values: [
      plainArray(rows.map(({ shard }) => shard)),
      plainArray(rows.map(({ id }) => id)),
      plainArray(rows.map(({ orderId }) => orderId)),
    ],
  });
}

/** What is kept of an event that Kafka refused. */
export interface RefusedRow {
  readonly row: OutboxRow;
  readonly error: string;
}

/**
 * Holds back every event of the order for a while; nothing when somebody else has sent or given up the event meanwhile,
 * since nobody would ever release the order again.
 */
export async function parkOrder(
  pool: Pool,
  refused: RefusedRow,
  park: { readonly attempts: number; readonly delayMs: number },
): Promise<void> {
  const { shard, id } = refused.row;
  await pool.query(
    `INSERT INTO outbox_parked (order_id, attempts, next_attempt_at, last_error)
     SELECT order_id, $3, clock_timestamp() + $4 * interval '1 millisecond', $5
     FROM event_outbox WHERE shard = $1 AND id = $2 FOR KEY SHARE
     ON CONFLICT (order_id) DO UPDATE
     SET attempts = excluded.attempts, next_attempt_at = excluded.next_attempt_at, last_error = excluded.last_error`,
    [shard, id, park.attempts, park.delayMs, refused.error],
  );
}

/** Gives an event up: it moves to the dead table with its error, and the order's later events flow again. */
export async function buryRow(pool: Pool, refused: RefusedRow, attempts: number): Promise<void> {
  await pool.query(
    `WITH gone AS (
       DELETE FROM event_outbox WHERE shard = $1 AND id = $2
       RETURNING event_id, shard, order_id, event_type, payload, traceparent, tracestate, created_at
     ), released AS (
       DELETE FROM outbox_parked WHERE order_id = $3
     )
     INSERT INTO event_outbox_dead (event_id, shard, order_id, event_type, payload, traceparent, tracestate, created_at, attempts, error)
     SELECT event_id, shard, order_id, event_type, payload, traceparent, tracestate, created_at, $4, $5 FROM gone
     ON CONFLICT (event_id) DO UPDATE SET attempts = excluded.attempts, error = excluded.error, died_at = excluded.died_at`,
    [refused.row.shard, refused.row.id, refused.row.orderId, attempts, refused.error],
  );
}

/** How much waits, for the metrics. Counting stops at `countLimit`, as an exact number of millions helps nobody. */
export async function measureBacklog(
  pool: Pool,
  countLimit: number,
): Promise<{ unsent: number; oldestAgeSeconds: number; parked: number; dead: number }> {
  const { rows } = await pool.query<{ unsent: number; oldestAgeSeconds: number; parked: number; dead: number }>(
    `SELECT
       (SELECT count(*) FROM (SELECT FROM event_outbox LIMIT $1) AS counted)::int AS unsent,
       coalesce((
         SELECT extract(epoch FROM clock_timestamp() - min(o.created_at))
         FROM outbox_shard s CROSS JOIN LATERAL
           (SELECT created_at FROM event_outbox e WHERE e.shard = s.shard ORDER BY e.id LIMIT 1) o
       ), 0)::float8 AS "oldestAgeSeconds",
       (SELECT count(*) FROM outbox_parked)::int AS parked,
       (SELECT count(*) FROM event_outbox_dead)::int AS dead`,
    [countLimit],
  );
  return rows[0] ?? { unsent: 0, oldestAgeSeconds: 0, parked: 0, dead: 0 };
}
