import type { Client } from 'pg';
import type { OrderEvent } from '@orderflow/contracts/events';
import { EVENT_HEADERS, ORDER_EVENTS_PARTITIONS } from '@orderflow/contracts/topics';
import type { OutboxEvent } from '@orderflow/order-service/domain/order';
import { KafkajsProducer } from '@orderflow/service-kit/kafka/kafkajs-producer';
import type { OutgoingMessage } from '@orderflow/service-kit/kafka/port';
import { silentLogger } from '@orderflow/service-kit/logger';
import { takeBatches } from './batches.ts';
import type { BenchSize } from './options.ts';
import type { Findings, Measurement } from './report.ts';
import { measureRounds } from './rounds.ts';
import { expectedSalesFigures, readSalesFigures, verifyEqualFigures, type SalesFigures } from './sales-figures.ts';
import { sampleEvents, type SampleEventPlan } from './sample-orders.ts';
import type { Stage, Subject } from './stage.ts';
import { costsPer, startMeter } from './usage.ts';
import { patienceMs, waitUntil } from './wait.ts';

const ROUNDS = 3;
const EVENTS = 200_000;
/** The plain consumer needs minutes for what takes us seconds; its rate does not depend on how many there are. */
const PEER_EVENTS = 15_000;
const PAYMENT_EVERY = 5;
const MESSAGES_PER_SEND = 2_000;

/** Events that lie in a topic, and what their sales come to. */
interface Backlog {
  readonly topic: string;
  readonly events: number;
  readonly figures: SalesFigures;
}

interface Place {
  readonly databaseUrl: string;
  readonly topic: string;
  /** Of this catch-up alone: consumer group, database and log file. */
  readonly name: string;
}

/** A consumer that catches up, and how its work is seen and judged. */
interface ConsumerSide {
  /** Of databases and consumer groups. */
  readonly name: string;
  start(stage: Stage, place: Place): Promise<Subject>;
  /** Gives one row: `applied`, the events whose effects are committed. */
  readonly countApplied: string;
  /** @throws {Error} when the database does not hold what the events come to. */
  verify(client: Client, backlog: Backlog): Promise<void>;
}

/** Each event has added one to one of these totals. */
const COUNT_BY_TOTALS = `
SELECT coalesce(sum(value), 0)::int AS applied FROM sales_totals
WHERE metric_name IN ('orders_total', 'orders_paid_total')`;

const verifySums =
  (who: string): ConsumerSide['verify'] =>
  async (client, { figures }) =>
    verifyEqualFigures(await readSalesFigures(client), figures, who);

const OURS: ConsumerSide = {
  name: 'bench_processor',
  start: (stage, place) =>
    stage.startService({ service: 'event-processor', name: place.name, env: environmentOf(stage, place) }),
  countApplied: COUNT_BY_TOTALS,
  verify: verifySums('event-processor'),
};

const startPeer =
  (file: string): ConsumerSide['start'] =>
  (stage, place) =>
    stage.startPeer({ file, name: place.name, env: environmentOf(stage, place) });

const EACH_MESSAGE: ConsumerSide = {
  name: 'bench_each_message',
  start: startPeer('plain-processor.ts'),
  countApplied: COUNT_BY_TOTALS,
  verify: verifySums('eachMessage'),
};

const INSERT_ONLY: ConsumerSide = {
  name: 'bench_insert_only',
  start: startPeer('insert-processor.ts'),
  countApplied: 'SELECT count(*)::int AS applied FROM order_events',
  async verify(client, { events }) {
    const { rows } = await client.query<{ rows: number; ids: number }>(
      'SELECT count(*)::int AS rows, count(DISTINCT event_id)::int AS ids FROM order_events',
    );
    if (rows[0]?.rows !== events || rows[0].ids !== events)
      throw new Error(`${events} events became ${JSON.stringify(rows)}`);
  },
};

function environmentOf(stage: Stage, { databaseUrl, topic, name }: Place): Record<string, string> {
  const KAFKA_BOOTSTRAP_SERVERS = stage.kafka.bootstrapServers;
  return { DATABASE_URL: databaseUrl, KAFKA_BOOTSTRAP_SERVERS, TOPIC: topic, CONSUMER_GROUP: name };
}

/** Events per second from a full topic into analytics, by the event processor and by its peers. */
export async function benchProcessor(stage: Stage, size: BenchSize): Promise<Findings> {
  const { rounds = ROUNDS, events = EVENTS, peerEvents = PEER_EVENTS } = size;
  const { log, signal } = stage;
  log.step(`filling topics with ${events} and ${peerEvents} events`);
  const plan = { seed: 1, itemsPerOrder: 3, startMs: Date.now() - events, paymentEvery: PAYMENT_EVERY };
  const all = await fillTopic(stage, 'bench_events', { ...plan, count: events });
  const few = await fillTopic(stage, 'bench_peer_events', { ...plan, count: peerEvents });
  log.step(`ours once over the same ${peerEvents} events as eachMessage, whose sums must be equal`);
  await catchUp(stage, OURS, { backlog: few, round: 'same' });
  const measured = await measureRounds(
    { rounds, unit: 'events', log, signal },
    {
      ours: (round) => catchUp(stage, OURS, { backlog: all, round }),
      peers: {
        eachMessage: (round) => catchUp(stage, EACH_MESSAGE, { backlog: few, round }),
        'insert without dedupe': (round) => catchUp(stage, INSERT_ONLY, { backlog: all, round }),
      },
    },
  );
  return {
    unit: 'events',
    ours: 'event-processor',
    peers: [
      { name: 'eachMessage', required: 8 },
      { name: 'insert without dedupe', required: 0.7 },
    ],
    notes: [
      `a backlog of ${events.toLocaleString('en-US')} events, for eachMessage the first ` +
        `${peerEvents.toLocaleString('en-US')} of them; ${ORDER_EVENTS_PARTITIONS} partitions, orders of three lines, ` +
        `one in ${PAYMENT_EVERY} paid`,
      'eachMessage: BEGIN, dedupe row, totals, minute, products, COMMIT, one event after the other as kafkajs does by default, ' +
        'so that its rate is the latency of commits: its CPU says more',
      'insert without dedupe: eachBatch and one INSERT of many rows, no unique key, no sums: what ours adds to that is the work',
      'the clock runs from when the process says that it is ready, joining the group included',
      'ours and eachMessage were checked to end with the very same sums for the same events',
    ],
    rounds: measured,
    requiredPerSecond: 20_000,
  };
}

async function fillTopic(stage: Stage, topic: string, plan: SampleEventPlan): Promise<Backlog> {
  await stage.createTopic(topic, ORDER_EVENTS_PARTITIONS);
  const producer = new KafkajsProducer(stage.kafkaConnection, { logger: silentLogger() });
  try {
    for (const events of takeBatches(sampleEvents(plan), { count: plan.count, batchSize: MESSAGES_PER_SEND })) {
      stage.signal.throwIfAborted();
      await producer.sendBatch(topic, events.map(messageOf));
    }
  } finally {
    await producer.stop();
  }
  return { topic, events: plan.count, figures: expectedSalesFigures(parsedEvents(plan)) };
}

function messageOf({ orderId, eventId, eventType, payload, traceparent }: OutboxEvent): OutgoingMessage {
  const headers = { [EVENT_HEADERS.eventType]: eventType, [EVENT_HEADERS.eventId]: eventId };
  const trace = traceparent === null ? {} : { [EVENT_HEADERS.traceparent]: traceparent };
  return { key: orderId, value: payload, headers: { ...headers, ...trace } };
}

function* parsedEvents(plan: SampleEventPlan): Generator<OrderEvent, void> {
  for (const { payload } of sampleEvents(plan)) yield JSON.parse(payload) as OrderEvent;
}

interface CatchUp {
  readonly backlog: Backlog;
  readonly round: number | string;
}

async function catchUp(stage: Stage, side: ConsumerSide, { backlog, round }: CatchUp): Promise<Measurement> {
  const name = `${side.name}_${round}`;
  return stage.withDatabase(name, async ({ url, client }) => {
    const countApplied = async (): Promise<number> =>
      (await client.query<{ applied: number }>(side.countApplied)).rows[0]?.applied ?? 0;
    await client.query('CHECKPOINT');
    const subject = await side.start(stage, { databaseUrl: url, topic: backlog.topic, name });
    const pids = { processor: subject.pid, postgres: stage.postgres.pid, kafka: stage.kafka.pid };
    const readCosts = await startMeter(url, pids);
    const startedMs = performance.now();
    const before = await countApplied();
    const isCaughtUp = async (): Promise<boolean> => {
      const applied = await countApplied();
      stage.log.update(`${name}: ${applied} of ${backlog.events} events applied`);
      return applied >= backlog.events;
    };
    await waitUntil(isCaughtUp, {
      what: `${backlog.events} events applied by ${name}`,
      signal: stage.signal,
      timeoutMs: patienceMs(backlog.events),
      everyMs: 50,
    });
    const seconds = (performance.now() - startedMs) / 1000;
    const events = backlog.events - before;
    const costs = costsPer(await readCosts(), events);
    await subject.stop();
    await side.verify(client, backlog);
    return { perSecond: events / seconds, ...costs };
  });
}
