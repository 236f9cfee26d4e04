import type { OutboxEvent } from '@orderflow/order-service/domain/order';
import { shardOf } from '@orderflow/order-service/outbox/shard';
import type { Stage, Subject } from './stage.ts';

/** A publisher together with the outbox that it reads. */
export interface OutboxSide {
  /** Of databases and topics. */
  readonly name: string;
  start(stage: Stage, place: { readonly databaseUrl: string; readonly topic: string }): Promise<Subject>;
  readonly insert: string;
  columnsOf(events: readonly OutboxEvent[]): readonly unknown[][];
  /** Gives one row when no event is left. */
  readonly askIfEmpty: string;
}

export const OURS: OutboxSide = {
  name: 'bench_publisher',
  start: (stage, { databaseUrl, topic }) =>
    stage.startService({
      service: 'order-service',
      name: topic,
      env: {
        DATABASE_URL: databaseUrl,
        KAFKA_BOOTSTRAP_SERVERS: stage.kafka.bootstrapServers,
        TOPIC: topic,
        PUBLISHER: 'only',
      },
    }),
  insert: `INSERT INTO event_outbox (event_id, order_id, event_type, payload, shard, traceparent)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::smallint[], $6::text[])`,
  columnsOf: (events) => [
    ...commonColumnsOf(events),
    events.map(({ orderId }) => shardOf(orderId)),
    events.map(({ traceparent }) => traceparent),
  ],
  askIfEmpty: 'SELECT WHERE NOT EXISTS (SELECT FROM event_outbox)',
};

export const LITERAL_LOOP = peerSide('literal-publisher', {
  insert: `INSERT INTO event_outbox (event_id, order_id, event_type, payload)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[])`,
  askIfEmpty: `SELECT WHERE NOT EXISTS (SELECT FROM event_outbox WHERE status <> 'SENT')`,
});

/** What a job carries; the programs in `bench/peers` read it. */
const JOB = `json_build_object('eventId', event_id, 'orderId', order_id, 'eventType', event_type, 'payload', payload)`;
const EVENTS = 'unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) AS e (event_id, order_id, event_type, payload)';

export const GRAPHILE_WORKER = peerSide('graphile-worker-publisher', {
  insert: `SELECT count(*) FROM graphile_worker.add_jobs((
      SELECT array_agg(ROW('publish', ${JOB}, NULL, now(), 25, NULL, 0, NULL)::graphile_worker.job_spec) FROM ${EVENTS}
    ))`,
  askIfEmpty: 'SELECT WHERE NOT EXISTS (SELECT FROM graphile_worker._private_jobs)',
});

const PG_BOSS_QUEUE = {
  insert: `INSERT INTO pgboss.job (name, data, policy) SELECT 'publish', ${JOB}, 'standard' FROM ${EVENTS}`,
  askIfEmpty: `SELECT WHERE NOT EXISTS (SELECT FROM pgboss.job WHERE name = 'publish' AND state < 'completed')`,
};

export const PG_BOSS_WORKER = peerSide('pg-boss-worker-publisher', PG_BOSS_QUEUE);
export const PG_BOSS_LOOP = peerSide('pg-boss-publisher', PG_BOSS_QUEUE);

function peerSide(program: string, texts: Pick<OutboxSide, 'insert' | 'askIfEmpty'>): OutboxSide {
  return {
    name: `bench_${program.replaceAll('-', '_')}`,
    start: (stage, { databaseUrl, topic }) =>
      stage.startPeer({
        name: topic,
        file: `${program}.ts`,
        env: { DATABASE_URL: databaseUrl, KAFKA_BOOTSTRAP_SERVERS: stage.kafka.bootstrapServers, TOPIC: topic },
      }),
    columnsOf: commonColumnsOf,
    ...texts,
  };
}

function commonColumnsOf(events: readonly OutboxEvent[]): unknown[][] {
  return [
    events.map(({ eventId }) => eventId),
    events.map(({ orderId }) => orderId),
    events.map(({ eventType }) => eventType),
    events.map(({ payload }) => payload),
  ];
}
