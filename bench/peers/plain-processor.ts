/**
 * The event processor as kafkajs' examples have it: eachMessage, one transaction for each event, offsets committed by
 * themselves. The transaction dedupes by event id and adds to each kind of row with a single statement.
 */
import { inTransaction } from '@orderflow/service-kit/postgres';
import { Pool, type PoolClient } from 'pg';
import { readProcessorPeerConfig } from './config.ts';
import { subscribeConsumer } from './subscribed-consumer.ts';

interface OrderEvent {
  readonly eventId: string;
  readonly eventType: string;
  readonly orderId: string;
  readonly totalPrice: number;
  readonly timestamp: string;
  readonly items?: readonly { readonly productId: string; readonly quantity: number; readonly price: number }[];
}

const SCHEMA = `
CREATE TABLE processed_events (
  event_id uuid PRIMARY KEY,
  order_id uuid NOT NULL,
  event_type text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE sales_totals (metric_name text PRIMARY KEY, value bigint NOT NULL);
CREATE TABLE sales_by_minute (minute timestamptz PRIMARY KEY, orders bigint NOT NULL, revenue_cents bigint NOT NULL);
CREATE TABLE sales_by_product (product_id text PRIMARY KEY, units bigint NOT NULL, revenue_cents bigint NOT NULL);
`;

const config = readProcessorPeerConfig(process.env);
const pool = new Pool({ connectionString: config.DATABASE_URL });
await pool.query(SCHEMA);

const consumer = await subscribeConsumer('plain-processor', config);
await consumer.run({
  eachMessage: async ({ message }) => {
    if (message.value !== null) await applyEvent(JSON.parse(message.value.toString()) as OrderEvent);
  },
});
process.stdout.write('ready\n');

async function applyEvent(event: OrderEvent): Promise<void> {
  await inTransaction(pool, async (client) => {
    const { rowCount } = await client.query(
      `INSERT INTO processed_events (event_id, order_id, event_type) VALUES ($1, $2, $3)
       ON CONFLICT (event_id) DO NOTHING`,
      [event.eventId, event.orderId, event.eventType],
    );
    if (rowCount === 1) await addSales(client, event);
  });
}

async function addSales(client: PoolClient, event: OrderEvent): Promise<void> {
  const cents = Math.round(event.totalPrice * 100);
  switch (event.eventType) {
    case 'ORDER_CREATED':
      await addTotals(client, ['orders_total', 'revenue_total'], cents);
      await addMinute(client, event.timestamp, cents);
      await addProducts(client, event.items ?? []);
      break;
    case 'PAYMENT_COMPLETED':
      await addTotals(client, ['orders_paid_total', 'revenue_paid_total'], cents);
      break;
    default:
      throw new Error(`no handler for ${event.eventType}`);
  }
}

async function addTotals(client: PoolClient, [count, sum]: readonly [string, string], cents: number): Promise<void> {
  await client.query(
    `INSERT INTO sales_totals AS t (metric_name, value) VALUES ($1, 1), ($2, $3)
     ON CONFLICT (metric_name) DO UPDATE SET value = t.value + excluded.value`,
    [count, sum, cents],
  );
}

async function addMinute(client: PoolClient, timestamp: string, cents: number): Promise<void> {
  await client.query(
    `INSERT INTO sales_by_minute AS m (minute, orders, revenue_cents) VALUES (date_trunc('minute', $1::timestamptz), 1, $2)
     ON CONFLICT (minute) DO UPDATE SET orders = m.orders + 1, revenue_cents = m.revenue_cents + excluded.revenue_cents`,
    [timestamp, cents],
  );
}

async function addProducts(client: PoolClient, items: NonNullable<OrderEvent['items']>): Promise<void> {
  await client.query(
    `INSERT INTO sales_by_product AS p (product_id, units, revenue_cents)
     SELECT product_id, sum(units), sum(units * cents)
     FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS i (product_id, units, cents)
     GROUP BY product_id ORDER BY product_id
     ON CONFLICT (product_id) DO UPDATE
     SET units = p.units + excluded.units, revenue_cents = p.revenue_cents + excluded.revenue_cents`,
    [
      items.map(({ productId }) => productId),
      items.map(({ quantity }) => quantity),
      items.map(({ price }) => Math.round(price * 100)),
    ],
  );
}
