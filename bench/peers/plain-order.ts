/** What the plain order services have in common: tables, the order and its event. */
import { randomUUID } from 'node:crypto';
import { STATUS_OUTBOX } from './status-outbox.ts';

export interface Item {
  readonly productId: string;
  readonly quantity: number;
  readonly price: number;
}

export interface OrderBody {
  readonly customerId: string;
  readonly items: readonly Item[];
}

export interface Order {
  readonly orderId: string;
  readonly customerId: string;
  readonly status: string;
  readonly totalPrice: number;
  readonly createdAt: string;
}

/** One index for each table and no foreign key: what cannot be left out. */
export const PLAIN_SCHEMA = `
CREATE TABLE orders (
  order_id uuid PRIMARY KEY,
  customer_id text NOT NULL,
  status text NOT NULL,
  total_price numeric(14, 2) NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE TABLE order_items (
  order_id uuid NOT NULL,
  line smallint NOT NULL,
  product_id text NOT NULL,
  quantity integer NOT NULL,
  price numeric(14, 2) NOT NULL,
  PRIMARY KEY (order_id, line)
);
${STATUS_OUTBOX}
`;

export function newOrder({ customerId, items }: OrderBody): Order {
  return {
    orderId: randomUUID(),
    customerId,
    status: 'CREATED',
    totalPrice: items.reduce((sum, { quantity, price }) => sum + quantity * Math.round(price * 100), 0) / 100,
    createdAt: new Date().toISOString(),
  };
}

/** What the client is told. */
export function receiptOf({ orderId, status, totalPrice, createdAt }: Order) {
  return { orderId, status, totalPrice, createdAt };
}

export interface CreatedEvent {
  readonly eventId: string;
  readonly payload: string;
}

export function createdEvent(order: Order, items: readonly Item[]): CreatedEvent {
  const { orderId, customerId, totalPrice, createdAt: timestamp } = order;
  const eventId = randomUUID();
  const facts = { eventId, eventType: 'ORDER_CREATED', orderId, customerId, totalPrice, timestamp };
  return { eventId, payload: JSON.stringify({ ...facts, version: 1, sequence: 1, items }) };
}
