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
import { perUnit, startCpuMeter } from './usage.ts';
import { patienceMs, waitUntil } from './wait.ts';

const NAMES = { ours: 'event-processor', rival: 'eachMessage' } as const;
const ROUNDS = 3;
const EVENTS = 200_000;
/** The plain consumer needs minutes for what takes us seconds; its rate does not depend on how many there are. */
const RIVAL_EVENTS = 20_000;
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

type StartSide = (stage: Stage, place: Place) => Promise<Subject>;

const startOurs: StartSide = (stage, place) =>
  stage.startService({ service: 'event-processor', name: place.name, env: environmentOf(stage, place) });

const startRival: StartSide = (stage, place) =>
  stage.startRival({ file: 'plain-processor.ts', name: place.name, env: environmentOf(stage, place) });

function environmentOf(stage: Stage, { databaseUrl, topic, name }: Place): Record<string, string> {
  const KAFKA_BOOTSTRAP_SERVERS = stage.kafka.bootstrapServers;
  return { DATABASE_URL: databaseUrl, KAFKA_BOOTSTRAP_SERVERS, TOPIC: topic, CONSUMER_GROUP: name };
}

/** Events per second from a full topic into analytics, by the event processor and by a transaction for each event. */
export async function benchProcessor(stage: Stage, size: BenchSize): Promise<Findings> {
  const { rounds = ROUNDS, events = EVENTS, rivalEvents = RIVAL_EVENTS } = size;
  const { log, signal } = stage;
  log.step(`filling topics with ${events} and ${rivalEvents} events`);
  const plan = { seed: 1, itemsPerOrder: 3, startMs: Date.now() - events, paymentEvery: PAYMENT_EVERY };
  const all = await fillTopic(stage, 'bench_events', { ...plan, count: events });
  const few = await fillTopic(stage, 'bench_rival_events', { ...plan, count: rivalEvents });
  log.step(`both sides once over the same ${rivalEvents} events, whose sums must be equal`);
  await catchUp(stage, startOurs, { backlog: few, name: 'bench_processor_same' });
  const measured = await measureRounds(
    { rounds, unit: 'events', names: NAMES, log, signal },
    {
      ours: (round) => catchUp(stage, startOurs, { backlog: all, name: `bench_processor_${round}` }),
      rival: (round) => catchUp(stage, startRival, { backlog: few, name: `bench_each_message_${round}` }),
    },
  );
  return {
    unit: 'events',
    names: NAMES,
    notes: [
      `ours catches up with ${events.toLocaleString('en-US')} events, eachMessage with the first ` +
        `${rivalEvents.toLocaleString('en-US')} of them; ${ORDER_EVENTS_PARTITIONS} partitions, orders of three lines, ` +
        `one in ${PAYMENT_EVERY} paid`,
      'eachMessage: BEGIN, dedupe row, totals, minute, products, COMMIT; offsets are committed automatically',
      'the clock runs from when the process says that it is ready, joining the group included',
      'both sides were checked to end with the very same sums for the same events',
    ],
    rounds: measured,
    required: { ratio: 8, perSecond: 15_000 },
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
  readonly name: string;
}

async function catchUp(stage: Stage, start: StartSide, { backlog, name }: CatchUp): Promise<Measurement> {
  return stage.withDatabase(name, async ({ url, client }) => {
    await client.query('CHECKPOINT');
    const subject = await start(stage, { databaseUrl: url, topic: backlog.topic, name });
    const readCpu = startCpuMeter({ processor: subject.pid, postgres: stage.postgres.pid, kafka: stage.kafka.pid });
    const startedMs = performance.now();
    const before = await countApplied(client);
    const isCaughtUp = async (): Promise<boolean> => {
      const applied = await countApplied(client);
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
    const cpuMicros = perUnit(readCpu(), events);
    await subject.stop();
    verifyEqualFigures(await readSalesFigures(client), backlog.figures, name);
    return { perSecond: events / seconds, cpuMicros };
  });
}

/** The events whose effects are committed: each of them has added one to one of these totals. */
async function countApplied(client: Client): Promise<number> {
  const { rows } = await client.query<{ applied: number }>(
    `SELECT coalesce(sum(value), 0)::int AS applied FROM sales_totals
     WHERE metric_name IN ('orders_total', 'orders_paid_total')`,
  );
  return rows[0]?.applied ?? 0;
}
