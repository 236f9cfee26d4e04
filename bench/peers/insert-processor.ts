/**
 * As fast as kafkajs and PostgreSQL go without doing the work: eachBatch, and one INSERT of many rows for each batch. No
 * dedupe, no sums: what is delivered twice is there twice.
 */
import { Pool } from 'pg';
import { readProcessorPeerConfig } from './config.ts';
import { subscribeConsumer } from './subscribed-consumer.ts';

interface OrderEvent {
  readonly eventId: string;
  readonly eventType: string;
  readonly orderId: string;
  readonly totalPrice: number;
  readonly timestamp: string;
}

const config = readProcessorPeerConfig(process.env);
const pool = new Pool({ connectionString: config.DATABASE_URL });
await pool.query(`
CREATE TABLE order_events (
  event_id uuid NOT NULL,
  order_id uuid NOT NULL,
  event_type text NOT NULL,
  total_cents bigint NOT NULL,
  occurred_at timestamptz NOT NULL
)`);

const consumer = await subscribeConsumer('insert-processor', config);
await consumer.run({
  partitionsConsumedConcurrently: 2,
  eachBatch: async ({ batch }) =>
    insertAll(
      batch.messages.flatMap(({ value }) => (value === null ? [] : [JSON.parse(value.toString()) as OrderEvent])),
    ),
});
process.stdout.write('ready\n');

async function insertAll(events: readonly OrderEvent[]): Promise<void> {
  await pool.query({
    name: 'insert-events',
    text: `INSERT INTO order_events (event_id, order_id, event_type, total_cents, occurred_at)
           SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::timestamptz[])`,
    values: [
      events.map(({ eventId }) => eventId),
      events.map(({ orderId }) => orderId),
      events.map(({ eventType }) => eventType),
      events.map(({ totalPrice }) => Math.round(totalPrice * 100)),
      events.map(({ timestamp }) => timestamp),
    ],
  });
}
