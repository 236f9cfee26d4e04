import { ORDER_STATUSES } from '@orderflow/contracts/order';
import type { Pool, PoolClient } from '@orderflow/service-kit/postgres';
import { itemsTextFrom } from '../items-text.ts';
import type { OrderRow, OrdersContents, OutboxRow } from '../observations.ts';
import { parseStateChange } from './order-event.ts';
import { forEachRow, inSnapshot } from './row-cursor.ts';
import { sharedWord, type TextPool } from './text-pool.ts';

/** Reads orders, idempotency keys and outbox, all as of one moment. */
export function readOrdersDatabase(pool: Pool, texts: TextPool): Promise<OrdersContents> {
  return inSnapshot(pool, async (tx) => ({
    orders: await readOrders(tx, texts),
    idempotencyKeys: await readIdempotencyKeys(tx, texts),
    outbox: await readOutbox(tx, 'event_outbox', texts),
    outboxDead: await readOutbox(tx, 'event_outbox_dead', texts),
  }));
}

/** Outbox rows that are not known to be in Kafka. */
export async function countUnsent(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ unsent: number }>('SELECT count(*) AS unsent FROM event_outbox');
  return rows[0]?.unsent ?? 0;
}

async function readOrders(tx: PoolClient, texts: TextPool): Promise<OrderRow[]> {
  const orders: OrderRow[] = [];
  await forEachRow<{
    order_id: string;
    customer_id: string;
    status: string;
    total_cents: number;
    items: unknown;
    sequence: number;
    created_at: Date;
  }>(tx, 'SELECT order_id, customer_id, status, total_cents, items, sequence, created_at FROM orders', (row) => {
    orders.push({
      orderId: texts.share(row.order_id),
      customerId: texts.share(row.customer_id),
      status: sharedWord(row.status, ORDER_STATUSES),
      totalCents: row.total_cents,
      itemsText: texts.share(itemsTextFrom(row.items)),
      sequence: row.sequence,
      createdAtMs: row.created_at.getTime(),
    });
  });
  return orders;
}

async function readIdempotencyKeys(tx: PoolClient, texts: TextPool): Promise<Map<string, string>> {
  const orderIds = new Map<string, string>();
  await forEachRow<{ key: string; order_id: string }>(tx, 'SELECT key, order_id FROM idempotency_keys', (row) => {
    orderIds.set(texts.share(row.key), texts.share(row.order_id));
  });
  return orderIds;
}

async function readOutbox(
  tx: PoolClient,
  table: 'event_outbox' | 'event_outbox_dead',
  texts: TextPool,
): Promise<OutboxRow[]> {
  const rows: OutboxRow[] = [];
  const query = `SELECT event_id, order_id, payload FROM ${table}`;
  await forEachRow<{ event_id: string; order_id: string; payload: string }>(tx, query, (row) => {
    rows.push({
      eventId: row.event_id,
      orderId: texts.share(row.order_id),
      change: parseStateChange(row.payload, texts),
    });
  });
  return rows;
}
