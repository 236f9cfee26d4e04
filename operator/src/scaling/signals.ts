import type { FreezeReason } from './decision.ts';
import { effectiveReplicas, type Spread } from './ladder.ts';

/** The longest that a small surplus must have lasted, in scale-down windows. */
export const MOST_WINDOWS = 4;

/** What the plan is made from: estimates of one poll, without history. Rates in messages per second. */
export interface Signals {
  readonly currentReplicas: number;
  readonly spread: Spread;
  readonly load: LoadSignals;
  readonly ability: AbilitySignals;
  readonly frozenBy: readonly FreezeReason[];
  readonly secondsSinceChange: number;
  /** It is not known yet what the last up has brought. */
  readonly isLastUpUnjudged: boolean;
  readonly idleSeconds: number;
  readonly isEveryPartitionCommitted: boolean;
  /** Not below these: fewer were tried and soon regretted. 0 when there is no such experience. */
  readonly floorReplicas: number;
  /** More replicas were wanted at an earlier poll already. */
  readonly isUpPending: boolean;
}

export interface LoadSignals {
  readonly backlogMessages: number;
  readonly timeLagSeconds: number;
  readonly arrivalRate: number;
  /** That of the last 30 s, deaf to single polls. */
  readonly steadyArrivalRate: number;
  /** See `Arrivals.growth`. */
  readonly arrivalGrowth: number;
  /** Highest rate within one, two ... `MOST_WINDOWS` scale-down windows; null where less has been seen. Never descending. */
  readonly peakArrivalRates: readonly (number | null)[];
  /** See `Arrivals.isSettled`. */
  readonly isArrivalRateSettled: boolean;
}

export interface AbilitySignals {
  readonly ratePerReplica: number;
  readonly scalability: number;
  readonly rebalanceSeconds: number;
  /** What a group that keeps up seems to lag: the time between two looks and two commits. */
  readonly unseenSeconds: number;
  /** Added replicas brought nothing, repeatedly. */
  readonly isBlocked: boolean;
}

/** Messages per second that so many replicas can work off: cap(n). Replicas beyond the present ones count by scalability. */
export function capacityOf({ spread, ability, currentReplicas }: Signals, replicas: number): number {
  const present = effectiveReplicas(spread, currentReplicas);
  const effective = effectiveReplicas(spread, replicas);
  if (present === 0 || effective <= present) return ability.ratePerReplica * effective;
  return ability.ratePerReplica * (present + ability.scalability * (effective - present));
}
