import { crc32 } from 'node:zlib';
import type { Client } from 'pg';
import { ORDER_EVENTS_PARTITIONS } from '@orderflow/contracts/topics';
import type { OutboxEvent } from '@orderflow/order-service/domain/order';
import { shardOf } from '@orderflow/order-service/outbox/shard';
import { takeBatches } from './batches.ts';
import type { BenchSize } from './options.ts';
import type { Findings, Measurement } from './report.ts';
import { measureRounds } from './rounds.ts';
import { sampleEvents } from './sample-orders.ts';
import type { Stage, Subject } from './stage.ts';
import { perUnit, startCpuMeter } from './usage.ts';
import { patienceMs, waitUntil } from './wait.ts';

const NAMES = { ours: 'order-service', rival: 'literal loop' } as const;
const ROUNDS = 3;
const EVENTS = 200_000;
/** The literal loop needs minutes for what takes us seconds; and the fewer rows it has before it, the faster it is. */
const RIVAL_EVENTS = 50_000;
/** Sent by each publisher before its backlog is there. */
const WARM_UP_EVENTS = 2_000;
/** Sent before the first round, for the broker, which is one for all rounds. */
const BROKER_WARM_UP_EVENTS = 20_000;
const ITEMS_PER_ORDER = 3;
const ROWS_PER_INSERT = 5_000;

/** A publisher together with the outbox that it reads. */
interface Side {
  readonly name: string;
  start(stage: Stage, place: { readonly databaseUrl: string; readonly topic: string }): Promise<Subject>;
  readonly insert: string;
  columnsOf(events: readonly OutboxEvent[]): readonly unknown[][];
  /** Gives one row when no event is left. */
  readonly askIfEmpty: string;
}

const OURS: Side = {
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

const RIVAL: Side = {
  name: 'bench_literal',
  start: (stage, { databaseUrl, topic }) =>
    stage.startRival({
      name: topic,
      file: 'literal-publisher.ts',
      env: { DATABASE_URL: databaseUrl, KAFKA_BOOTSTRAP_SERVERS: stage.kafka.bootstrapServers, TOPIC: topic },
    }),
  insert: `INSERT INTO event_outbox (event_id, order_id, event_type, payload)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[])`,
  columnsOf: commonColumnsOf,
  askIfEmpty: `SELECT WHERE NOT EXISTS (SELECT FROM event_outbox WHERE status <> 'SENT')`,
};

function commonColumnsOf(events: readonly OutboxEvent[]): unknown[][] {
  return [
    events.map(({ eventId }) => eventId),
    events.map(({ orderId }) => orderId),
    events.map(({ eventType }) => eventType),
    events.map(({ payload }) => payload),
  ];
}

/** Events per second from a full outbox into Kafka, by the order service's publisher and by the usual loop. */
export async function benchPublisher(stage: Stage, size: BenchSize): Promise<Findings> {
  const { rounds = ROUNDS, events = EVENTS, rivalEvents = RIVAL_EVENTS } = size;
  const { log, signal } = stage;
  log.step('warming up the broker');
  await drain(stage, OURS, { round: 0, events: BROKER_WARM_UP_EVENTS });
  const measured = await measureRounds(
    { rounds, unit: 'events', names: NAMES, log, signal },
    {
      ours: (round) => drain(stage, OURS, { round, events }),
      rival: (round) => drain(stage, RIVAL, { round, events: rivalEvents }),
    },
  );
  return {
    unit: 'events',
    names: NAMES,
    notes: [
      `ours empties an outbox of ${events.toLocaleString('en-US')} rows, the literal loop one of ` +
        `${rivalEvents.toLocaleString('en-US')}, which is to its advantage; ${ORDER_EVENTS_PARTITIONS} partitions`,
      'the literal loop: in one transaction SELECT ... ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 50, send, mark as SENT',
      'the clock runs from the first poll of the full outbox until its last row is sent and deleted (or marked)',
    ],
    rounds: measured,
    required: { ratio: 4, perSecond: 15_000 },
  };
}

async function drain(
  stage: Stage,
  side: Side,
  { round, events }: { readonly round: number; readonly events: number },
): Promise<Measurement> {
  const topic = `${side.name}_${round}`;
  await stage.createTopic(topic, ORDER_EVENTS_PARTITIONS);
  return stage.withDatabase(topic, async ({ url, client }) => {
    const subject = await side.start(stage, { databaseUrl: url, topic });
    const outbox = new Outbox(stage, side, { client, topic });
    const count = WARM_UP_EVENTS + events;
    const startMs = Date.now() - count;
    const sample = sampleEvents({ seed: round, count, itemsPerOrder: ITEMS_PER_ORDER, startMs });
    await outbox.fill(sample, WARM_UP_EVENTS);
    await outbox.emptied();
    subject.pause();
    // Before the rows are there, as they would be in the same checkpoint when a short outage of Kafka has held them up.
    await client.query('CHECKPOINT');
    await outbox.fill(sample, events);
    await client.query('ANALYZE event_outbox');
    const readCpu = startCpuMeter({ publisher: subject.pid, postgres: stage.postgres.pid, kafka: stage.kafka.pid });
    const startedMs = performance.now();
    subject.resume();
    await outbox.emptied();
    const seconds = (performance.now() - startedMs) / 1000;
    const cpuMicros = perUnit(readCpu(), events);
    await subject.stop();
    await outbox.verifyPublished();
    return { perSecond: events / seconds, cpuMicros };
  });
}

/** What a topic holds, or ought to hold, in whatever order. */
interface Contents {
  messages: number;
  /** Sum of the CRC32 of every value. */
  checksum: number;
}

/** The outbox of one drain, and the topic that it is drained into. */
class Outbox {
  readonly #stage: Stage;
  readonly #side: Side;
  readonly #client: Client;
  readonly #topic: string;
  readonly #put: Contents = { messages: 0, checksum: 0 };

  constructor(stage: Stage, side: Side, place: { readonly client: Client; readonly topic: string }) {
    this.#stage = stage;
    this.#side = side;
    this.#client = place.client;
    this.#topic = place.topic;
  }

  async fill(sample: Iterator<OutboxEvent, unknown>, count: number): Promise<void> {
    for (const events of takeBatches(sample, { count, batchSize: ROWS_PER_INSERT })) {
      this.#stage.signal.throwIfAborted();
      await this.#client.query(this.#side.insert, [...this.#side.columnsOf(events)]);
      for (const { payload } of events) add(this.#put, payload);
    }
  }

  /** Resolves when the topic has taken as many messages as were filled in, and no row is left to send. */
  async emptied(): Promise<void> {
    const { messages } = this.#put;
    const { log, signal } = this.#stage;
    const common = { signal, timeoutMs: patienceMs(messages) };
    const isAllSent = async (): Promise<boolean> => {
      const sent = await this.#stage.countMessages(this.#topic);
      log.update(`${this.#topic}: ${sent} of ${messages} events sent`);
      return sent >= messages;
    };
    await waitUntil(isAllSent, {
      ...common,
      what: `${messages} messages in ${this.#topic}`,
      everyMs: 50,
    });
    await waitUntil(async () => (await this.#client.query(this.#side.askIfEmpty)).rowCount === 1, {
      ...common,
      what: `no row left for ${this.#topic}`,
      everyMs: 5,
    });
  }

  /** @throws {Error} when the topic holds anything but every event once. */
  async verifyPublished(): Promise<void> {
    const found: Contents = { messages: 0, checksum: 0 };
    await this.#stage.readTopicToEnd({
      topic: this.#topic,
      onMessage: ({ value }) => add(found, value ?? ''),
    });
    if (found.messages !== this.#put.messages || found.checksum !== this.#put.checksum) {
      throw new Error(`${this.#topic} holds ${JSON.stringify(found)} instead of ${JSON.stringify(this.#put)}`);
    }
  }
}

function add(contents: Contents, value: string | Buffer): void {
  contents.messages += 1;
  contents.checksum += crc32(value);
}
