import type { Pool } from '@orderflow/service-kit/postgres';

/** An event that was given up, and why. */
export interface DeadEvent {
  readonly eventId: string;
  readonly orderId: string;
  readonly eventType: string;
  readonly attempts: number;
  readonly error: string;
  readonly diedAt: Date;
}

/** The events that were given up, oldest first. */
export async function listDead(pool: Pool, limit: number): Promise<DeadEvent[]> {
  const { rows } = await pool.query<DeadEvent>(
    `SELECT event_id AS "eventId", order_id AS "orderId", event_type AS "eventType", attempts, error, died_at AS "diedAt"
     FROM event_outbox_dead ORDER BY died_at, event_id LIMIT $1`,
    [limit],
  );
  return rows;
}

/**
 * Puts dead events back into the outbox, all or those named, each order's in their order; returns how many. Readers
 * take an event that comes after its successors: the effects of an order's events do not depend on their order.
 */
export async function replayDead(pool: Pool, eventIds: readonly string[] | 'all'): Promise<number> {
  const { rowCount } = await pool.query(
    `WITH revived AS (
       DELETE FROM event_outbox_dead WHERE $1::uuid[] IS NULL OR event_id = ANY ($1)
       RETURNING shard, event_id, order_id, event_type, payload, traceparent, tracestate, created_at
     )
     INSERT INTO event_outbox (shard, event_id, order_id, event_type, payload, traceparent, tracestate, created_at)
     SELECT shard, event_id, order_id, event_type, payload, traceparent, tracestate, created_at FROM revived ORDER BY created_at, event_id`,
    [eventIds === 'all' ? null : eventIds],
  );
  return rowCount ?? 0;
}
