/**
 * The order service as a careful engineer writes it: Fastify with a schema for the body and for the answer, and order,
 * lines and outbox row in one named statement, so in one transaction and one round trip for each order.
 */
import fastify from 'fastify';
import { Pool } from 'pg';
import { readHttpPeerConfig } from './config.ts';
import { createdEvent, newOrder, PLAIN_SCHEMA, receiptOf, type OrderBody } from './plain-order.ts';

const INSERT_ORDER = `
WITH created AS (
  INSERT INTO orders (order_id, customer_id, status, total_price, created_at) VALUES ($1, $2, $3, $4, $5)
), lines AS (
  INSERT INTO order_items (order_id, line, product_id, quantity, price)
  SELECT $1, line, product_id, quantity, price
  FROM unnest($6::text[], $7::integer[], $8::numeric[]) WITH ORDINALITY AS i (product_id, quantity, price, line)
)
INSERT INTO event_outbox (event_id, order_id, event_type, payload) VALUES ($9, $1, 'ORDER_CREATED', $10)`;

const text = { type: 'string' } as const;
const BODY = {
  type: 'object',
  required: ['customerId', 'items'],
  properties: {
    customerId: { type: 'string', minLength: 1, maxLength: 128 },
    items: {
      type: 'array',
      minItems: 1,
      maxItems: 100,
      items: {
        type: 'object',
        required: ['productId', 'quantity', 'price'],
        properties: {
          productId: { type: 'string', minLength: 1, maxLength: 128 },
          quantity: { type: 'integer', minimum: 1 },
          price: { type: 'number', minimum: 0 },
        },
      },
    },
  },
} as const;
const RECEIPT = {
  type: 'object',
  properties: { orderId: text, status: text, totalPrice: { type: 'number' }, createdAt: text },
} as const;

const config = readHttpPeerConfig(process.env);
const pool = new Pool({ connectionString: config.DATABASE_URL, max: 16 });
await pool.query(PLAIN_SCHEMA);

const app = fastify({ logger: false });
app.post<{ Body: OrderBody }>(
  '/orders',
  { schema: { body: BODY, response: { 201: RECEIPT } } },
  async (request, reply) => {
    const { items } = request.body;
    const order = newOrder(request.body);
    const event = createdEvent(order, items);
    await pool.query({
      name: 'insert-order',
      text: INSERT_ORDER,
      values: [
        order.orderId,
        order.customerId,
        order.status,
        order.totalPrice,
        order.createdAt,
        items.map(({ productId }) => productId),
        items.map(({ quantity }) => quantity),
        items.map(({ price }) => price),
        event.eventId,
        event.payload,
      ],
    });
    return reply.code(201).send(receiptOf(order));
  },
);
await app.listen({ port: config.HTTP_PORT, host: '127.0.0.1' });
process.stdout.write('ready\n');
