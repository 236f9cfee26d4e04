import { seededRandom } from './random.ts';
import type { WorldOptions } from './world.ts';

export interface Scenario {
  readonly name: string;
  readonly seconds: number;
  readonly initialReplicas: number;
  readonly arrivalRate: (second: number, seed: number) => number;
  readonly hotShare?: number;
  readonly ratePerReplica?: (second: number) => number;
  readonly groupLimit?: (second: number) => number;
}

export const PARTITIONS = 24;
/** Messages per second of one undisturbed replica: the group can work off 1,200. */
export const RATE_PER_REPLICA = 50;
export const OBJECTIVE_SECONDS = 60;

const MINUTE = 60;
const HOUR = 3600;

/** What a group of 24 partitions meets. Each begins with replicas that suit its beginning. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'step',
    seconds: 2 * HOUR,
    initialReplicas: 8,
    arrivalRate: (second) => (second >= 20 * MINUTE && second < 80 * MINUTE ? 900 : 300),
  },
  {
    name: 'burst',
    seconds: 2 * HOUR,
    initialReplicas: 6,
    // 24,000 messages within 30 s, every half an hour
    arrivalRate: (second) => 200 + (second % (30 * MINUTE) >= 900 && second % (30 * MINUTE) < 930 ? 800 : 0),
  },
  {
    name: 'slow sine',
    seconds: 8 * HOUR,
    initialReplicas: 12,
    arrivalRate: (second) => 500 + 350 * Math.sin((2 * Math.PI * second) / (4 * HOUR)),
  },
  {
    name: 'sine',
    seconds: 4 * HOUR,
    initialReplicas: 12,
    arrivalRate: (second) => 500 + 350 * Math.sin((2 * Math.PI * second) / HOUR),
  },
  {
    name: 'ramp',
    seconds: 3 * HOUR,
    initialReplicas: 4,
    arrivalRate: (second) => 100 + 800 * Math.max(0, Math.min(1, second / HOUR, 3 - second / HOUR)),
  },
  {
    name: 'flat with noise',
    seconds: 4 * HOUR,
    initialReplicas: 12,
    arrivalRate: (second, seed) => 450 * noise(second, seed),
  },
  {
    name: 'hot partition',
    seconds: 2 * HOUR,
    initialReplicas: 8,
    arrivalRate: (second) => (second >= 20 * MINUTE && second < 80 * MINUTE ? 420 : 250),
    hotShare: 0.06,
  },
  {
    name: 'slow database',
    seconds: 2 * HOUR,
    initialReplicas: 12,
    arrivalRate: () => 400,
    groupLimit: (second) => (second >= 20 * MINUTE && second < 40 * MINUTE ? 250 : Infinity),
  },
];

/** Up to 20 % more or less, anew every 10 s. */
export function noise(second: number, seed: number): number {
  return 0.8 + 0.4 * seededRandom(seed * 7919 + Math.floor(second / 10))();
}

export function worldOf(scenario: Scenario, seed: number): WorldOptions {
  const { initialReplicas, arrivalRate, hotShare, ratePerReplica, groupLimit } = scenario;
  return {
    seed,
    partitions: PARTITIONS,
    initialReplicas,
    arrivalRate: (second) => arrivalRate(second, seed),
    ratePerReplica: ratePerReplica ?? (() => RATE_PER_REPLICA),
    rebalanceSeconds: 5,
    podStartSeconds: 6,
    podStopSeconds: 2,
    commitSeconds: 1,
    ...(hotShare === undefined ? {} : { hotShare }),
    ...(groupLimit === undefined ? {} : { groupLimit }),
  };
}
