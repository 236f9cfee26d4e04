import { quantileBetween, ratePerSecond, type Reading } from './change.ts';
import { samplesOf, sumOf, type Exposition, type Series } from './exposition.ts';
import type { Job, ProcessAddress } from './surroundings.ts';

/** One look at all processes. A process that did not answer has no exposition. */
export interface Look {
  readonly atMs: number;
  /** Services that are to run here. */
  readonly jobs: readonly Job[];
  readonly processes: readonly (ProcessAddress & { readonly exposition: Exposition | undefined })[];
}

/** One station of an order's way. null: not known, because nothing answers or nothing happened. */
export interface Hop {
  readonly id: 'gateway' | 'orders' | 'outbox' | 'topic' | 'processor' | 'analytics';
  /** Whether its service is to run here at all. */
  readonly isExpected: boolean;
  readonly isUp: boolean;
  readonly perSecond: number | null;
  /** What waits here, in orders, events or messages. */
  readonly waiting: number | null;
  readonly p99Ms: number | null;
}

export interface PartitionLag {
  readonly partition: number;
  readonly lag: number;
  /** Name of the process that works on it. */
  readonly member: string;
}

export interface Flow {
  readonly hops: readonly Hop[];
  readonly partitions: readonly PartitionLag[];
  readonly processes: readonly { readonly name: string; readonly job: Job; readonly isUp: boolean }[];
}

/** The looks that a flow is made of; `short` smooths rates, `long` has enough observations for a p99. */
export interface Looks {
  readonly now: Look;
  readonly short: Look | undefined;
  readonly long: Look | undefined;
}

const POST_ORDERS: Series = {
  name: 'http_request_duration_seconds',
  labels: { route: '/orders', method: 'POST', status: '2xx' },
};

const REQUESTS: Series = { ...POST_ORDERS, name: `${POST_ORDERS.name}_count` };
const SENT: Series = { name: 'outbox_publish_total', labels: { result: 'sent' } };
const APPLIED: Series = { name: 'events_processed_total', labels: { result: 'applied' } };

/** Where the figures of a hop come from; a p99 is of a histogram in seconds. */
interface HopSource {
  readonly id: Hop['id'];
  readonly job: Job;
  /** A counter, and the service that counts when it is another one. */
  readonly counter: Series;
  readonly counterJob?: Job;
  readonly waiting?: string;
  readonly duration?: Series;
}

const HOPS: readonly HopSource[] = [
  {
    id: 'gateway',
    job: 'api-gateway',
    counter: REQUESTS,
    waiting: 'http_requests_in_flight',
    duration: POST_ORDERS,
  },
  {
    id: 'orders',
    job: 'order-service',
    counter: { name: 'orders_accepted_total' },
    waiting: 'order_queue_depth',
    duration: POST_ORDERS,
  },
  {
    id: 'outbox',
    job: 'order-service',
    counter: SENT,
    waiting: 'outbox_unsent',
    duration: { name: 'outbox_publish_duration_seconds' },
  },
  {
    id: 'topic',
    job: 'event-processor',
    counter: SENT,
    counterJob: 'order-service',
    waiting: 'consumer_lag_messages',
  },
  {
    id: 'processor',
    job: 'event-processor',
    counter: { name: 'events_processed_total' },
    waiting: 'channel_messages',
    duration: { name: 'event_batch_duration_seconds' },
  },
  {
    id: 'analytics',
    job: 'event-processor',
    counter: APPLIED,
    duration: { name: 'event_end_to_end_seconds' },
  },
];

/** The state of every hop, from the metrics of all processes. Pure. */
export function buildFlow(looks: Looks): Flow {
  const processes = looks.now.processes.map(({ name, job, exposition }) => ({
    name,
    job,
    isUp: exposition !== undefined,
  }));
  return { hops: HOPS.map((source) => buildHop(source, looks)), partitions: partitionsOf(looks.now), processes };
}

function buildHop(source: HopSource, { now, short, long }: Looks): Hop {
  const { id, job, counter, counterJob = job, waiting, duration } = source;
  const seconds =
    duration &&
    quantileBetween(long && readingOf(long, job), readingOf(now, job), { histogram: duration, quantile: 0.99 });
  return {
    id,
    isExpected: now.jobs.includes(job),
    isUp: now.processes.some((it) => it.job === job && it.exposition !== undefined),
    perSecond: ratePerSecond(short && readingOf(short, counterJob), readingOf(now, counterJob), counter) ?? null,
    waiting: waiting === undefined ? null : total(now, job, waiting),
    p99Ms: seconds === undefined ? null : seconds * 1_000,
  };
}

function readingOf(look: Look, job: Job): Reading {
  const answered = look.processes.flatMap((it): [string, Exposition][] =>
    it.job === job && it.exposition !== undefined ? [[it.name, it.exposition]] : [],
  );
  return { atMs: look.atMs, processes: new Map(answered) };
}

function total(look: Look, job: Job, name: string): number | null {
  const sums = [...readingOf(look, job).processes.values()].map((exposition) => sumOf(exposition, { name }));
  const known = sums.filter((value) => value !== undefined);
  if (known.length === 0) return null;
  // Every replica reads this one from the same table.
  return name === 'outbox_unsent' ? Math.max(...known) : known.reduce((sum, value) => sum + value, 0);
}

function partitionsOf(look: Look): PartitionLag[] {
  const lags = [...readingOf(look, 'event-processor').processes].flatMap(([member, exposition]) =>
    samplesOf(exposition, { name: 'consumer_lag_messages' }).map(({ labels, value }) => ({
      partition: Number(labels['partition']),
      lag: value,
      member,
    })),
  );
  return lags.toSorted((a, b) => a.partition - b.partition);
}
