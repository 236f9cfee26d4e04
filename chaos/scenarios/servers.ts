import { repeat, type Scenario } from './scenario.ts';
import type { ProcessName } from '../strike.ts';

export const brokerKilled: Scenario = {
  name: 'broker-killed',
  title: 'the Kafka broker killed, and back',
  expected: 'Orders are taken all the time, the outbox grows and drains. No event is blamed and given up for it.',
  setting: { processors: 1 },
  full: { orders: 22_000, strikes: 6 },
  plan: (random, strikes) =>
    repeat(strikes, () => ({ kind: 'outage', victim: 'kafka', forMs: 100 * random.between(0, 60) })),
};

export const brokerPaused: Scenario = {
  name: 'broker-paused',
  title: 'the Kafka broker stopped by SIGSTOP, and woken',
  expected:
    'Connections stay and nobody answers: sends run into their time limit and are repeated, with duplicates in Kafka ' +
    'that analytics drops.',
  setting: { processors: 1 },
  full: { orders: 22_000, strikes: 3 },
  plan: (random, strikes) =>
    repeat(strikes, () => ({ kind: 'pause', victim: 'kafka', forMs: 100 * random.between(5, 140) })),
};

export const postgresKilled: Scenario = {
  name: 'postgres-killed',
  title: 'PostgreSQL killed, and back',
  expected:
    'Groups of orders are tried again for 5 s, then clients get 503; publisher and processors wait. What was committed ' +
    'comes back from the write-ahead log.',
  setting: { processors: 1 },
  full: { orders: 22_000, strikes: 7 },
  plan: (random, strikes) =>
    repeat(strikes, () => ({ kind: 'outage', victim: 'postgres', forMs: 100 * random.between(0, 50) })),
};

export const kafkaDiskFull: Scenario = {
  name: 'kafka-disk-full',
  title: "no space left on Kafka's disk",
  expected:
    'The broker gives its log directory up and ends; started again and again, it comes back when there is space. ' +
    'Orders are taken meanwhile.',
  setting: { processors: 1, smallDisk: 'kafka' },
  full: { orders: 8_000, strikes: 2 },
  plan: (random, strikes) =>
    repeat(strikes, () => ({ kind: 'disk-full', victim: 'kafka', forMs: 100 * random.between(40, 100) })),
};

export const postgresDiskFull: Scenario = {
  name: 'postgres-disk-full',
  title: "no space left on PostgreSQL's disk",
  expected:
    'Transactions fail, or the server panics and recovers. Clients are told to try again, no event becomes a dead ' +
    'letter, and all goes on when there is space.',
  setting: { processors: 1, smallDisk: 'postgres' },
  full: { orders: 8_000, strikes: 2 },
  plan: (random, strikes) =>
    repeat(strikes, () => ({ kind: 'disk-full', victim: 'postgres', forMs: 100 * random.between(40, 100) })),
};

/** Within MAX_CLOCK_SKEW_MS of the event processor. */
const MAX_BACK_SECONDS = 270;

const CLOCKED: readonly ProcessName[] = ['order-service', 'api-gateway', 'event-processor-1'];

export const clockJump: Scenario = {
  name: 'clock-jump',
  title: 'the clocks of services jump, forward and back',
  expected:
    'Leases are measured by the database and waits by a steady clock, so nothing hangs on it. Ids of one process keep ' +
    'growing, and the time of an order stays that of its id everywhere. (What Node.js tells of the time is moved, by ' +
    'less than five minutes; the clocks of Kafka and PostgreSQL are not.)',
  setting: { processors: 1, hasMovableClocks: true },
  full: { orders: 10_000, strikes: 4 },
  plan: (random, strikes) =>
    repeat(strikes, (index) => ({
      kind: 'clock-jump',
      victim: CLOCKED[index % CLOCKED.length] ?? 'order-service',
      // Forward by little: an id never goes back, so that the order service would stay in the future for as long. Back by
      // less than five minutes: a processor does not believe orders from further in its future, and counts them as of now.
      byMs: random.chance(0.4) ? 1_000 * random.between(1, 5) : -1_000 * random.between(60, MAX_BACK_SECONDS),
      forMs: 100 * random.between(10, 30),
    })),
};
