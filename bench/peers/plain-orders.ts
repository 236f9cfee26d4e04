/**
 * The order service as it is mostly written: Express parses the body, one transaction of four inserts writes the order,
 * its two lines and the outbox row, and the answer follows the commit. Nothing is done badly on purpose: the pool is
 * large enough, keys are assigned here, there is one index per table and no foreign key.
 */
import express from 'express';
import { inTransaction } from '@orderflow/service-kit/postgres';
import { Pool, type PoolClient } from 'pg';
import { readHttpPeerConfig } from './config.ts';
import {
  createdEvent,
  newOrder,
  PLAIN_SCHEMA,
  receiptOf,
  type Item,
  type Order,
  type OrderBody,
} from './plain-order.ts';

const config = readHttpPeerConfig(process.env);
const pool = new Pool({ connectionString: config.DATABASE_URL, max: 16 });
await pool.query(PLAIN_SCHEMA);

const app = express();
app.use(express.json());
app.post('/orders', async (request, response) => {
  const body = request.body as OrderBody;
  const order = newOrder(body);
  await inTransaction(pool, (client) => insertAll(client, order, body.items));
  response.status(201).json(receiptOf(order));
});
app.listen(config.HTTP_PORT, '127.0.0.1', () => process.stdout.write('ready\n'));

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
  const { eventId, payload } = createdEvent(order, items);
  await client.query('INSERT INTO event_outbox (event_id, order_id, event_type, payload) VALUES ($1, $2, $3, $4)', [
    eventId,
    order.orderId,
    'ORDER_CREATED',
    payload,
  ]);
}
