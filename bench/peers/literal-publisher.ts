/**
 * The outbox publisher to the letter of the usual recipe: in one transaction take the fifty oldest rows that are due,
 * send them, mark them as sent. Rows stay where they are.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { inTransaction } from '@orderflow/service-kit/postgres';
import { Pool, type PoolClient } from 'pg';
import { readPublisherPeerConfig } from './config.ts';
import { STATUS_OUTBOX } from './status-outbox.ts';

interface Row {
  readonly id: string;
  readonly event_id: string;
  readonly order_id: string;
  readonly event_type: string;
  readonly payload: string;
}

const CLAIM = `
SELECT id, event_id, order_id, event_type, payload FROM event_outbox
WHERE status IN ('NEW', 'FAILED') AND available_at <= now()
ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 50`;

const ACKS_ALL = -1;
const IDLE_MS = 100;

const config = readPublisherPeerConfig(process.env);
const pool = new Pool({ connectionString: config.DATABASE_URL });
await pool.query(STATUS_OUTBOX);

const brokers = [...config.KAFKA_BOOTSTRAP_SERVERS];
const producer = new Kafka({ clientId: 'literal-publisher', brokers, logLevel: logLevel.ERROR }).producer();
await producer.connect();
process.stdout.write('ready\n');
for (;;) {
  const sent = await publishBatch(producer);
  if (sent === 0) await sleep(IDLE_MS);
}

async function publishBatch(to: Producer): Promise<number> {
  return inTransaction(pool, (client) => sendDueRows(client, to));
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
