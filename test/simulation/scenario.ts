import { TRANSITIONS, type Transition } from '@orderflow/contracts/order';
import { CALM, type NetworkWeather } from './network.ts';
import type { Random } from './random.ts';
import type { CommitHabits } from './simulated-orders-database.ts';

/** When faults stop. What was late then may still arrive. */
export const CALM_AFTER_MS = 2_000;

/** What one customer does. */
export interface OrderStory {
  readonly atMs: number;
  readonly transitions: readonly Transition[];
  /** The sequence of an event that Kafka never takes, or refuses a few times. */
  readonly tooLarge: number | undefined;
  readonly reluctant: number | undefined;
  readonly isRefusedByDatabase: boolean;
}

export const ROLES = ['publisher', 'processor'] as const;
export type Role = (typeof ROLES)[number];

export type Incident = { readonly atMs: number } & (
  | { readonly kind: 'crash' | 'restart'; readonly role: Role; readonly replica: number; readonly awayMs: number }
  | { readonly kind: 'pause'; readonly role: Role; readonly replica: number; readonly pauseMs: number }
  | { readonly kind: 'outage'; readonly server: 'orders' | 'analytics' | 'kafka'; readonly outageMs: number }
);

/** Everything about a world that is decided before it begins. */
export interface Scenario {
  readonly replicas: Readonly<Record<Role, number>>;
  readonly partitions: number;
  readonly batchSize: number;
  readonly stories: readonly OrderStory[];
  /** When somebody writes something into the topic that is no event. */
  readonly poisonAtMs: readonly number[];
  readonly weather: NetworkWeather;
  readonly habits: CommitHabits;
  readonly incidents: readonly Incident[];
}

/**
 * Draws a world. Each kind of trouble is in about half of the worlds, so that some have only one and it is not hidden
 * by others. (Groce et al., "Swarm Testing", ISSTA 2012.)
 */
export function drawScenario(random: Random): Scenario {
  const replicas = { publisher: random.between(1, 3), processor: random.between(1, 3) };
  const rate = (): number => random.pick([0, 0, 0.02, 0.1]);
  const isStormy = random.chance(0.6);
  const weather = isStormy ? { requestLost: rate(), replyLost: rate(), requestLate: rate(), slow: rate() } : CALM;
  const oddOrders = { tooLarge: random.chance(0.3), reluctant: random.chance(0.3), refused: random.chance(0.3) };
  const orders = random.between(2, 7);
  const rush = random.chance(0.3); // all at once, so that batches are full and publishers meet
  return {
    replicas,
    partitions: random.between(1, 4),
    batchSize: random.pick([2, 16, 64]),
    stories: Array.from({ length: orders }, () => drawStory(random, { rush, ...oddOrders })),
    poisonAtMs: random.chance(0.4) ? [drawTimeMs(random), drawTimeMs(random)] : [],
    weather,
    habits: { lateCommits: random.chance(0.5) ? 0.3 : 0, aborts: rate() },
    incidents: drawIncidents(random, replicas),
  };
}

function drawTimeMs(random: Random): number {
  return random.between(0, CALM_AFTER_MS);
}

function drawStory(
  random: Random,
  odd: { readonly rush: boolean; readonly tooLarge: boolean; readonly reluctant: boolean; readonly refused: boolean },
): OrderStory {
  const transitions = random.pick<readonly Transition[]>([
    [],
    ['payment'],
    ['cancellation'],
    ['payment', 'shipment'],
    TRANSITIONS,
  ]);
  const sequence = random.between(1, 3);
  return {
    atMs: odd.rush ? random.between(300, 350) : drawTimeMs(random),
    transitions,
    tooLarge: odd.tooLarge && random.chance(0.4) ? sequence : undefined,
    reluctant: odd.reluctant && random.chance(0.4) ? sequence : undefined,
    isRefusedByDatabase: odd.refused && random.chance(0.4),
  };
}

function drawIncidents(random: Random, replicas: Scenario['replicas']): Incident[] {
  const several = (draw: () => Incident): Incident[] =>
    random.chance(0.5) ? Array.from({ length: random.between(1, 2) }, draw) : [];
  const victim = () => {
    const role = random.pick(ROLES);
    return { atMs: drawTimeMs(random), role, replica: random.between(0, replicas[role] - 1) };
  };
  return [
    ...several(() => ({ kind: 'crash', ...victim(), awayMs: random.between(20, 1_500) })),
    ...several(() => ({ kind: 'restart', ...victim(), awayMs: random.between(20, 500) })),
    ...several(() => ({ kind: 'pause', ...victim(), pauseMs: random.between(100, 2_500) })),
    ...several(() => ({
      kind: 'outage',
      atMs: drawTimeMs(random),
      server: random.pick(['orders', 'analytics', 'kafka'] as const),
      outageMs: random.between(100, 1_500),
    })),
  ];
}
