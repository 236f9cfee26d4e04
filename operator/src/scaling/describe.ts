import type { DecisionFindings, DecisionTerms } from './decision.ts';
import type { Digest } from './digest.ts';
import type { LearnedMemory } from './memory.ts';
import type { Demand } from './plan-replicas.ts';
import type { ScalingPolicy } from './policy.ts';
import type { Signals } from './signals.ts';

interface Weighed {
  readonly signals: Signals;
  readonly ladder: readonly number[];
  readonly demand: Demand;
  readonly learned: LearnedMemory;
}

/** Rounded: they are read by people, and status shall not change with every breath. */
export function describeTerms({ signals, ladder, demand, learned }: Weighed): DecisionTerms {
  const { load, ability, spread } = signals;
  return {
    partitions: spread.partitions,
    skew: tenth(spread.skew),
    backlogMessages: Math.round(load.backlogMessages),
    timeLagSeconds: tenth(load.timeLagSeconds),
    arrivalRate: tenth(load.arrivalRate),
    peakArrivalRate: tenthOrNull(load.peakArrivalRates[0] ?? null),
    ratePerReplica: ability.ratePerReplica,
    isRateMeasured: learned.messagesPerSecondPerReplica !== null,
    scalability: ability.scalability,
    rebalanceSeconds: ability.rebalanceSeconds,
    neededRate: tenth(demand.neededRate),
    currentCapacity: tenth(demand.currentCapacity),
    drainSeconds: Number.isFinite(demand.drainSeconds) ? tenth(demand.drainSeconds) : null,
    ladder,
    targetReplicas: demand.targetReplicas,
  };
}

export function describeFindings(
  { learned, partitions, frozenBy }: Digest,
  demand: Demand,
  policy: ScalingPolicy,
): DecisionFindings {
  return {
    isMetricsAvailable: true,
    isObjectiveAchievable: demand.isAchievable,
    isScalingEffective: learned.ineffectiveUps < policy.tuning.blockAfterUps,
    stalled: partitions.stalled,
    regressed: partitions.regressed,
    uncommitted: partitions.uncommitted,
    missing: [],
    frozenBy,
  };
}

function tenthOrNull(value: number | null): number | null {
  return value === null ? null : tenth(value);
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
