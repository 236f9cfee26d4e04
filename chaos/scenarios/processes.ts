import type { Random } from '../../test/simulation/random.ts';
import { FAILPOINTS, type ProcessName, type Strike } from '../strike.ts';
import { repeat, type Scenario } from './scenario.ts';

/** By how often each is drawn. */
const VICTIMS: readonly ProcessName[] = [
  ...Array<ProcessName>(5).fill('order-service'),
  ...Array<ProcessName>(4).fill('event-processor-1'),
  ...Array<ProcessName>(4).fill('event-processor-2'),
  ...Array<ProcessName>(2).fill('api-gateway'),
  'auditor',
  'postgres',
  'kafka',
];

/** One after the other, so that what was just started dies as well. */
function drawVictims(random: Random): readonly ProcessName[] {
  return Array.from({ length: random.between(10, 17) }, () => random.pick(VICTIMS));
}

export const killRandom: Scenario = {
  name: 'kill-random',
  title: 'volleys of kill -9 at random, the next before the last is back',
  expected:
    'Requests fail while the gateway or the order service is gone, clients try again with their key; everything else ' +
    'waits. Nothing is lost or doubled, and whoever supervises the processes need only start them.',
  setting: { processors: 2 },
  full: { orders: 120_000, strikes: 13 },
  plan: (random, strikes) =>
    repeat(strikes, () => ({ kind: 'kill', victims: drawVictims(random), gapMs: random.pick([200, 500, 1_000]) })),
};

export const killFailpoints: Scenario = {
  name: 'kill-failpoints',
  title: 'kill -9 at the moments where an order could be lost or doubled',
  expected:
    'Each step that was cut in two is repeated: the same ids are inserted once, an event is deleted only after its ' +
    'acknowledgement, an event id counts once. Kafka sees some events twice, analytics does not.',
  setting: { processors: 2 },
  full: { orders: 100_000, strikes: 16 },
  plan(random, strikes) {
    const rounds = Array.from({ length: Math.ceil(strikes / FAILPOINTS.length) }, () => shuffled(FAILPOINTS, random));
    return rounds
      .flat()
      .slice(0, strikes)
      .map((at): Strike => ({ kind: 'failpoint', at }));
  },
};

export const rebalanceStorm: Scenario = {
  name: 'rebalance-storm',
  title: 'processors join, leave and die, rebalance after rebalance',
  expected:
    'Each member drops what it was handed before a rebalance, the offsets in the database say where to go on. Effects ' +
    'stay single and in sequence.',
  setting: { processors: 2 },
  full: { orders: 36_000, strikes: 12 },
  plan: (random, strikes) =>
    repeat(strikes, (index) => {
      if (index % 4 === 0) return { kind: 'join' };
      if (index % 4 === 2) return { kind: 'leave' };
      return { kind: 'kill', victims: ['event-processor-1', 'event-processor-2'], gapMs: random.between(0, 3_000) };
    }),
};

export const publisherPaused: Scenario = {
  name: 'publisher-paused',
  title: 'two publishers, one of them stopped (SIGSTOP) beyond its lease, woken, killed',
  expected:
    'The other one takes the shards over when the lease has run out. The sleeper wakes in the middle of a batch: it ' +
    'can send an event a second time, and delete what was acknowledged, and nothing else.',
  setting: { processors: 1, hasSecondPublisher: true },
  full: { orders: 25_000, strikes: 4 },
  plan: (random, strikes) =>
    repeat(strikes, (index) =>
      index % 4 === 3
        ? { kind: 'kill', victims: [random.pick<ProcessName>(['publisher-1', 'order-service'])] }
        : { kind: 'pause', victim: 'publisher-1', forMs: 100 * random.between(5, 140) },
    ),
};

/** In an order that the random numbers decide. */
function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order = items.map((item) => ({ item, place: random.next() }));
  return order.toSorted((a, b) => a.place - b.place).map(({ item }) => item);
}
