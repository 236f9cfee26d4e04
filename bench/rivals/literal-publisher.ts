/**
 * The outbox publisher to the letter of the usual recipe: in one transaction take the fifty oldest rows that are due,
 * send them, mark them as sent. Rows stay where they are.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { Pool, type PoolClient } from 'pg';
import { readPublisherRivalConfig } from './config.ts';

interface Row {
  readonly id: string;
  readonly event_id: string;
  readonly order_id: string;
  readonly event_type: string;
  readonly payload: string;
}

const SCHEMA = `
CREATE TABLE event_outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id uuid NOT NULL,
  order_id uuid NOT NULL,
  event_type text NOT NULL,
  payload text NOT NULL,
  status text NOT NULL DEFAULT 'NEW',
  attempts integer NOT NULL DEFAULT 0,
  available_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX event_outbox_pending ON event_outbox (status, available_at, id);
`;

const CLAIM = `
SELECT id, event_id, order_id, event_type, payload FROM event_outbox
WHERE status IN ('NEW', 'FAILED') AND available_at <= now()
ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 50`;

const ACKS_ALL = -1;
const IDLE_MS = 100;

const config = readPublisherRivalConfig(process.env);
const pool = new Pool({ connectionString: config.DATABASE_URL });
await pool.query(SCHEMA);

const brokers = [...config.KAFKA_BOOTSTRAP_SERVERS];
const producer = new Kafka({ clientId: 'literal-publisher', brokers, logLevel: logLevel.ERROR }).producer();
await producer.connect();
process.stdout.write('ready\n');
for (;;) {
  const sent = await publishBatch(producer);
  if (sent === 0) await sleep(IDLE_MS);
}

async function publishBatch(to: Producer): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const sent = await sendDueRows(client, to);
    await client.query('COMMIT');
    return sent;
  } catch (error: unknown) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

async function sendDueRows(client: PoolClient, to: Producer): Promise<number> {
  const { rows } = await client.query<Row>(CLAIM);
  if (rows.length === 0) return 0;
  await to.send({
    topic: config.TOPIC,
    acks: ACKS_ALL,
    messages: rows.map((row) => ({
      key: row.order_id,
      value: row.payload,
      headers: { 'event-type': row.event_type, 'event-id': row.event_id },
    })),
  });
  await client.query("UPDATE event_outbox SET status = 'SENT' WHERE id = ANY ($1)", [rows.map(({ id }) => id)]);
  return rows.length;
}
