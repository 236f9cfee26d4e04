import type { Pool } from '@orderflow/service-kit/postgres';
import type { Order, OutboxEvent } from '../domain/order.ts';
import { shardOf } from '../outbox/shard.ts';

/**
 * Writes a decided state change and its outbox row in one statement, if the order still stands where it was when the
 * change was decided. The id of the outbox row is drawn after the order's row is locked, so within one order ids grow
 * with sequences.
 *
 * @returns false when another change came first: read and decide again.
 */
export async function moveOrder(pool: Pool, order: Order, event: OutboxEvent): Promise<boolean> {
  const { rowCount } = await pool.query({
    name: 'move-order',
    text: `
WITH moved AS (
  UPDATE orders SET status = $2, sequence = $3, updated_at = clock_timestamp()
  WHERE order_id = $1 AND sequence = $3 - 1
  RETURNING order_id
)
INSERT INTO event_outbox (shard, event_id, order_id, event_type, payload, traceparent, tracestate)
SELECT $4, $5, order_id, $6, $7, $8, $9 FROM moved`,
    values: [
      order.orderId,
      order.status,
      order.sequence,
      shardOf(order.orderId),
      event.eventId,
      event.eventType,
      event.payload,
      event.traceparent,
      event.tracestate,
    ],
  });
  return rowCount === 1;
}
