import type { ListOrdersQuery, OrderDetail, OrderItem, OrderStatus, OrderSummary } from '@orderflow/contracts/order';
import { decimalFromCents } from '@orderflow/contracts/money';
import type { Pool } from '@orderflow/service-kit/postgres';
import type { Order } from '../domain/order.ts';

interface OrderRow {
  readonly order_id: string;
  readonly customer_id: string;
  readonly status: OrderStatus;
  readonly total_cents: number;
  readonly created_at: Date;
}

function summaryOf(row: OrderRow): OrderSummary {
  return {
    orderId: row.order_id,
    customerId: row.customer_id,
    status: row.status,
    totalPrice: decimalFromCents(row.total_cents),
    createdAt: row.created_at.toISOString(),
  };
}

export type OrderFilter = Pick<ListOrdersQuery, 'limit' | 'customerId' | 'status'> & {
  /** Only orders older than this id; undefined starts at the newest. */
  readonly before: string | undefined;
};

/** One page, newest first. The statement has only the conditions it needs, so that each form gets its index. */
export async function listOrders(pool: Pool, filter: OrderFilter): Promise<OrderSummary[]> {
  const values: unknown[] = [filter.limit];
  const conditions: string[] = [];
  const where = (condition: string, value: unknown): void => {
    values.push(value);
    conditions.push(`${condition} $${values.length}`);
  };
  if (filter.before !== undefined) where('order_id <', filter.before);
  if (filter.customerId !== undefined) where('customer_id =', filter.customerId);
  if (filter.status !== undefined) where('status =', filter.status);
  const text = `SELECT order_id, customer_id, status, total_cents, created_at FROM orders
    ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''} ORDER BY order_id DESC LIMIT $1`;
  const { rows } = await pool.query<OrderRow>(text, values);
  return rows.map(summaryOf);
}

/** One order with its items, or undefined. */
export async function readOrderDetail(pool: Pool, orderId: string): Promise<OrderDetail | undefined> {
  const { rows } = await pool.query<OrderRow & { readonly items: OrderItem[] }>({
    name: 'read-order-detail',
    text: 'SELECT order_id, customer_id, status, total_cents, created_at, items FROM orders WHERE order_id = $1',
    values: [orderId],
  });
  const [row] = rows;
  return row === undefined ? undefined : { ...summaryOf(row), items: row.items };
}

/** One order as a transition is decided on, or undefined. */
export async function readOrder(pool: Pool, orderId: string): Promise<Order | undefined> {
  const { rows } = await pool.query<OrderRow & { readonly sequence: number }>({
    name: 'read-order',
    text: 'SELECT order_id, customer_id, status, total_cents, created_at, sequence FROM orders WHERE order_id = $1',
    values: [orderId],
  });
  const [row] = rows;
  if (row === undefined) return undefined;
  return {
    orderId: row.order_id,
    customerId: row.customer_id,
    status: row.status,
    totalCents: row.total_cents,
    sequence: row.sequence,
    createdAt: row.created_at.toISOString(),
  };
}
