import type { PoolClient } from '@orderflow/service-kit/postgres';
import { parseStateChange } from '../readers/order-event.ts';
import { passingTexts } from '../readers/text-pool.ts';

/** Why a state change is not in analytics although nothing is wrong. */
export type PendingReason = 'unsent' | 'parked' | 'given up' | 'dead letter';

/** A state change that the outbox holds. */
export interface UnsentChange {
  readonly eventId: string;
  readonly orderId: string;
  /** undefined when the payload is not the row's own event. */
  readonly sequence: number | undefined;
  readonly reason: PendingReason;
  readonly hasOrder: boolean;
}

export interface OutboxContents {
  readonly changes: readonly UnsentChange[];
  /** There are more rows than were read: what is on its way cannot be told one by one now. */
  readonly isCut: boolean;
  /** When the oldest event that is neither parked nor given up was written, Unix milliseconds. */
  readonly oldestUnsentMs: number | undefined;
}

/** Rows that are read at most, of the outbox and of its dead each. Seconds of load, and no outage. */
export const OUTBOX_LIMIT = 5_000;

interface OutboxQueryRow {
  readonly event_id: string;
  readonly order_id: string;
  readonly payload: string;
  readonly reason: PendingReason;
  readonly created_at: Date;
  readonly has_order: boolean;
}

/** The row of the order is looked up for each event: EXISTS would become a hash of all orders. */
const READ_OUTBOX = `
SELECT o.event_id, o.order_id, o.payload, o.created_at,
       CASE WHEN p.order_id IS NULL THEN 'unsent' ELSE 'parked' END AS reason, r.order_id IS NOT NULL AS has_order
FROM (SELECT event_id, order_id, payload, created_at FROM event_outbox LIMIT $1) o
LEFT JOIN outbox_parked p ON p.order_id = o.order_id
LEFT JOIN LATERAL (SELECT order_id FROM orders WHERE order_id = o.order_id LIMIT 1) r ON true
UNION ALL
SELECT d.event_id, d.order_id, d.payload, d.created_at, 'given up', r.order_id IS NOT NULL
FROM (SELECT event_id, order_id, payload, created_at FROM event_outbox_dead LIMIT $1) d
LEFT JOIN LATERAL (SELECT order_id FROM orders WHERE order_id = d.order_id LIMIT 1) r ON true`;

/** What the outbox holds, in the same snapshot as the orders of `tx`. */
export async function readOutbox(tx: PoolClient): Promise<OutboxContents> {
  const { rows } = await tx.query<OutboxQueryRow>({
    text: READ_OUTBOX,
    values: [OUTBOX_LIMIT + 1],
  });
  let oldestUnsentMs: number | undefined;
  for (const { reason, created_at: createdAt } of rows) {
    if (reason === 'unsent') oldestUnsentMs = Math.min(oldestUnsentMs ?? Infinity, createdAt.getTime());
  }
  const given = rows.filter(({ reason }) => reason === 'given up').length;
  return {
    changes: rows.map((row) => toUnsentChange(row)),
    isCut: given > OUTBOX_LIMIT || rows.length - given > OUTBOX_LIMIT,
    oldestUnsentMs,
  };
}

function toUnsentChange(row: OutboxQueryRow): UnsentChange {
  const { event_id: eventId, order_id: orderId, payload, reason, has_order: hasOrder } = row;
  const change = parseStateChange(payload, passingTexts);
  const isOwn = change?.eventId === eventId && change.orderId === orderId;
  return { eventId, orderId, sequence: isOwn ? change.sequence : undefined, reason, hasOrder };
}
