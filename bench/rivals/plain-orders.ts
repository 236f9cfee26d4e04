/**
 * The order service as it is mostly written: Express parses the body, one transaction of four inserts writes the order,
 * its two lines and the outbox row, and the answer follows the commit. Nothing is done badly on purpose: the pool is
 * large enough, keys are assigned here, there is one index per table and no foreign key.
 */
import { randomUUID } from 'node:crypto';
import express from 'express';
import { inTransaction } from '@orderflow/service-kit/postgres';
import { Pool, type PoolClient } from 'pg';
import { readHttpRivalConfig } from './config.ts';
import { STATUS_OUTBOX } from './status-outbox.ts';

interface Item {
  readonly productId: string;
  readonly quantity: number;
  readonly price: number;
}

interface OrderBody {
  readonly customerId: string;
  readonly items: readonly Item[];
}

const SCHEMA = `
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

const config = readHttpRivalConfig(process.env);
const pool = new Pool({ connectionString: config.DATABASE_URL, max: 16 });
await pool.query(SCHEMA);

const app = express();
app.use(express.json());
app.post('/orders', async (request, response) => {
  const body = request.body as OrderBody;
  const order = {
    orderId: randomUUID(),
    customerId: body.customerId,
    status: 'CREATED',
    totalPrice: totalOf(body.items),
    createdAt: new Date().toISOString(),
  };
  await saveOrder(order, body.items);
  const { customerId: _, ...receipt } = order;
  response.status(201).json(receipt);
});
app.listen(config.HTTP_PORT, '127.0.0.1', () => process.stdout.write('ready\n'));

interface Order {
  readonly orderId: string;
  readonly customerId: string;
  readonly status: string;
  readonly totalPrice: number;
  readonly createdAt: string;
}

function totalOf(items: readonly Item[]): number {
  return items.reduce((sum, { quantity, price }) => sum + quantity * Math.round(price * 100), 0) / 100;
}

async function saveOrder(order: Order, items: readonly Item[]): Promise<void> {
  await inTransaction(pool, (client) => insertAll(client, order, items));
}

async function insertAll(client: PoolClient, order: Order, items: readonly Item[]): Promise<void> {
  await client.query(
    'INSERT INTO orders (order_id, customer_id, status, total_price, created_at) VALUES ($1, $2, $3, $4, $5)',
    [order.orderId, order.customerId, order.status, order.totalPrice, order.createdAt],
  );
  for (const [index, { productId, quantity, price }] of items.entries()) {
    await client.query(
      'INSERT INTO order_items (order_id, line, product_id, quantity, price) VALUES ($1, $2, $3, $4, $5)',
      [order.orderId, index + 1, productId, quantity, price],
    );
  }
  const eventId = randomUUID();
  const { createdAt: timestamp, status: _, ...facts } = order;
  const payload = JSON.stringify({
    eventId,
    eventType: 'ORDER_CREATED',
    ...facts,
    timestamp,
    version: 1,
    sequence: 1,
    items,
  });
  await client.query('INSERT INTO event_outbox (event_id, order_id, event_type, payload) VALUES ($1, $2, $3, $4)', [
    eventId,
    order.orderId,
    'ORDER_CREATED',
    payload,
  ]);
}
