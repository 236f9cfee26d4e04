import type { PoolClient } from '@orderflow/service-kit/postgres';
import { idRange, type OrderSums, type Window } from './window.ts';

/** A row of `orders`, as far as its effects depend on it. */
export interface AuditedOrder {
  readonly orderId: string;
  readonly status: string;
  readonly sequence: number;
  readonly totalCents: number;
}

/**
 * Status and sequence determine all state changes of an order, so that each row stands for one to three of them. The
 * seeds must be those of effect-windows.ts: sequence * 8 + type, where 1 is ORDER_CREATED, 2 PAYMENT_COMPLETED,
 * 3 ORDER_SHIPPED and 4 ORDER_CANCELLED. An impossible status or sequence gives a digest that nothing equals.
 */
const SUM_ORDERS = `
SELECT o.orders, o.revenue_cents AS "revenueCents", o.changes, o.digest
FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS w (low, high, place)
CROSS JOIN LATERAL (
  SELECT count(*) AS orders, coalesce(sum(total_cents), 0)::bigint AS revenue_cents,
    coalesce(sum(sequence), 0)::bigint AS changes,
    (coalesce(sum(uuid_hash_extended(order_id, 9)), 0)
      + coalesce(sum(uuid_hash_extended(order_id, CASE
          WHEN sequence > 2 OR status = 'PAID' THEN 18 WHEN status = 'CANCELLED' THEN 20 ELSE 16 END))
          FILTER (WHERE sequence > 1), 0)
      + coalesce(sum(uuid_hash_extended(order_id, CASE status
          WHEN 'SHIPPED' THEN 27 WHEN 'CANCELLED' THEN 28 ELSE 24 END)) FILTER (WHERE sequence > 2), 0))::text AS digest
  FROM orders WHERE order_id >= w.low AND order_id < w.high
) o
ORDER BY w.place`;

/** The sums of each window, in the same order. */
export async function sumOrders(tx: PoolClient, windows: readonly Window[]): Promise<OrderSums[]> {
  const ranges = windows.map(idRange);
  const { rows } = await tx.query<OrderSums>({
    text: SUM_ORDERS,
    values: [ranges.map(({ low }) => low), ranges.map(({ high }) => high)],
  });
  return rows;
}

/** The number of orders of each window, in the same order; counting stops at `limit`. */
export async function countOrders(
  pool: Pick<PoolClient, 'query'>,
  windows: readonly Window[],
  limit: number,
): Promise<number[]> {
  const ranges = windows.map(idRange);
  const { rows } = await pool.query<{ orders: number }>(
    `SELECT (SELECT count(*) FROM (
       SELECT FROM orders WHERE order_id >= w.low AND order_id < w.high LIMIT $3
     ) AS counted)::int AS orders
     FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS w (low, high, place) ORDER BY w.place`,
    [ranges.map(({ low }) => low), ranges.map(({ high }) => high), limit],
  );
  return rows.map(({ orders }) => orders);
}

const COLUMNS = 'order_id AS "orderId", status, sequence, total_cents AS "totalCents"';

/** The orders of the windows. */
export async function readOrders(tx: PoolClient, windows: readonly Window[]): Promise<AuditedOrder[]> {
  const ranges = windows.map(idRange);
  const { rows } = await tx.query<AuditedOrder>({
    text: `SELECT ${COLUMNS} FROM unnest($1::uuid[], $2::uuid[]) AS w (low, high)
           JOIN orders ON order_id >= w.low AND order_id < w.high`,
    values: [ranges.map(({ low }) => low), ranges.map(({ high }) => high)],
  });
  return rows;
}

/** The orders with these ids, as they are now. */
export async function readOrdersById(tx: PoolClient, orderIds: readonly string[]): Promise<AuditedOrder[]> {
  const { rows } = await tx.query<AuditedOrder>({
    text: `SELECT ${COLUMNS} FROM orders WHERE order_id = ANY ($1::uuid[])`,
    values: [orderIds],
  });
  return rows;
}

/** The first and the last order with an id that is not before `sinceId`; undefined when there is none. */
export async function readOrderBounds(
  tx: Pick<PoolClient, 'query'>,
  sinceId: string,
): Promise<{ readonly first: string; readonly last: string } | undefined> {
  const { rows } = await tx.query<{ first: string | null; last: string | null }>({
    text: `SELECT (SELECT order_id FROM orders WHERE order_id >= $1 ORDER BY order_id LIMIT 1) AS first,
                  (SELECT order_id FROM orders WHERE order_id >= $1 ORDER BY order_id DESC LIMIT 1) AS last`,
    values: [sinceId],
  });
  const { first, last } = rows[0] ?? { first: null, last: null };
  return first === null || last === null ? undefined : { first, last };
}
