import { crc32 } from 'node:zlib';
import type { Client } from 'pg';
import { ORDER_EVENTS_PARTITIONS } from '@orderflow/contracts/topics';
import type { OutboxEvent } from '@orderflow/order-service/domain/order';
import { takeBatches } from './batches.ts';
import type { BenchSize } from './options.ts';
import { GRAPHILE_WORKER, LITERAL_LOOP, OURS, PG_BOSS_LOOP, PG_BOSS_WORKER, type OutboxSide } from './outbox-sides.ts';
import type { Findings, Measurement, Peer } from './report.ts';
import { measureRounds } from './rounds.ts';
import { sampleEvents } from './sample-orders.ts';
import type { Stage } from './stage.ts';
import { costsPer, startMeter } from './usage.ts';
import { patienceMs, waitUntil } from './wait.ts';

const ROUNDS = 3;
const EVENTS = 200_000;
/** Some peers need minutes for what takes us seconds; and the fewer rows they have before them, the faster they are. */
const PEER_EVENTS = 30_000;
/** Sent by each publisher before its backlog is there. */
const WARM_UP_EVENTS = 2_000;
/** Sent before the first round, for the broker, which is one for all rounds. */
const BROKER_WARM_UP_EVENTS = 20_000;
const ITEMS_PER_ORDER = 3;
const ROWS_PER_INSERT = 5_000;

/** By the peer's name, with the least that our ratio to it must come to. */
const PEERS: Readonly<Record<string, { readonly side: OutboxSide; readonly bar: Omit<Peer, 'name'> }>> = {
  'literal loop': { side: LITERAL_LOOP, bar: { required: 4 } },
  'graphile-worker': { side: GRAPHILE_WORKER, bar: { required: 1 } },
  'pg-boss': { side: PG_BOSS_WORKER, bar: { required: 5 } },
  'pg-boss, fetched in a loop': { side: PG_BOSS_LOOP, bar: {} },
};

/** Events per second from a full outbox into Kafka, by the order service's publisher and by its peers. */
export async function benchPublisher(stage: Stage, size: BenchSize): Promise<Findings> {
  const { rounds = ROUNDS, events = EVENTS, peerEvents = PEER_EVENTS } = size;
  const { log, signal } = stage;
  log.step('warming up the broker');
  await drain(stage, OURS, { round: 0, events: BROKER_WARM_UP_EVENTS });
  const measured = await measureRounds(
    { rounds, unit: 'events', log, signal },
    {
      ours: (round) => drain(stage, OURS, { round, events }),
      peers: Object.fromEntries(
        Object.entries(PEERS).map(([name, { side }]) => [
          name,
          (round: number) => drain(stage, side, { round, events: peerEvents }),
        ]),
      ),
    },
  );
  return {
    unit: 'events',
    ours: 'order-service',
    peers: Object.entries(PEERS).map(([name, { bar }]) => ({ name, ...bar })),
    notes: [
      `ours empties an outbox of ${events.toLocaleString('en-US')} rows, the others one of ` +
        `${peerEvents.toLocaleString('en-US')}, which is to their advantage; ${ORDER_EVENTS_PARTITIONS} partitions`,
      'literal loop: in one transaction SELECT ... ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 50, send, mark as SENT',
      'graphile-worker: 500 jobs at a time, local queue of 1,000, completions in batches; pg-boss: its worker ' +
        'with batches of 500 and its shortest pause, and fetch, send, complete in a loop without it',
      'all job queues send by our producer, what is at hand at once',
      'ours keeps the events of an order in sequence; the job queues, set up for speed, do not',
      'the clock runs from the first poll of the full outbox until its last row is sent and deleted (or marked)',
    ],
    rounds: measured,
    requiredPerSecond: 20_000,
  };
}

async function drain(
  stage: Stage,
  side: OutboxSide,
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
    await client.query('ANALYZE');
    const pids = { publisher: subject.pid, postgres: stage.postgres.pid, kafka: stage.kafka.pid };
    const readCosts = await startMeter(url, pids);
    const startedMs = performance.now();
    subject.resume();
    await outbox.emptied();
    const seconds = (performance.now() - startedMs) / 1000;
    const costs = costsPer(await readCosts(), events);
    await subject.stop();
    await outbox.verifyPublished();
    return { perSecond: events / seconds, ...costs };
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
  readonly #side: OutboxSide;
  readonly #client: Client;
  readonly #topic: string;
  readonly #put: Contents = { messages: 0, checksum: 0 };

  constructor(stage: Stage, side: OutboxSide, place: { readonly client: Client; readonly topic: string }) {
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
