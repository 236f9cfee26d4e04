import type { Deciding, Decision } from './decision.ts';
import { buildLadder, rungAtMost } from './ladder.ts';
import type { ScalingMemory } from './memory.ts';
import type { Observation } from './observation.ts';
import type { ScalingPolicy } from './policy.ts';

/** Decides without a usable reading: never fewer replicas, and after a while at least those of the fallback. */
export function decideBlind(observation: Observation, policy: ScalingPolicy, memory: ScalingMemory): Deciding {
  const unavailableSinceMs = memory.recent.unavailableSinceMs ?? observation.atMs;
  const partitions = Object.keys(memory.recent.partitions).length;
  const { min, max } = { min: policy.minReplicas, max: policy.maxReplicas };
  const ladder = partitions > 0 ? buildLadder(partitions, { min, max }) : [];
  const isOverdue = observation.atMs - unavailableSinceMs >= policy.fallback.afterSeconds * 1000;
  const current = observation.target.specReplicas;
  const fallback = rungAtMost(ladder, Math.min(max, Math.max(min, policy.fallback.replicas)));
  const plan = planBlind({ current, min, fallback: isOverdue ? fallback : 0 });
  return {
    decision: {
      atMs: observation.atMs,
      currentReplicas: current,
      ...plan,
      terms: { ...UNKNOWN, ...knownTerms(policy, memory), partitions, ladder },
      findings: {
        isMetricsAvailable: false,
        isObjectiveAchievable: true,
        isScalingEffective: memory.learned.ineffectiveUps < policy.tuning.blockAfterUps,
        stalled: [],
        regressed: [],
        uncommitted: [],
        missing: observation.lag?.missing ?? [],
        frozenBy: [],
      },
    },
    memory: { ...memory, recent: { ...memory.recent, unavailableSinceMs, upPendingSinceMs: null } },
  };
}

function planBlind(replicas: {
  readonly current: number;
  readonly min: number;
  readonly fallback: number;
}): Pick<Decision, 'direction' | 'replicas' | 'reason'> {
  const { current, min, fallback } = replicas;
  if (fallback > current) return { direction: 'up', replicas: fallback, reason: 'Fallback' };
  if (min > current) return { direction: 'up', replicas: min, reason: 'BelowMinimum' };
  return { direction: 'hold', replicas: current, reason: 'MetricsUnavailable' };
}

const UNKNOWN = {
  skew: 1,
  backlogMessages: null,
  timeLagSeconds: null,
  arrivalRate: null,
  peakArrivalRate: null,
  neededRate: null,
  currentCapacity: 0,
  drainSeconds: null,
  targetReplicas: null,
} as const;

function knownTerms({ prior }: ScalingPolicy, { learned }: ScalingMemory) {
  return {
    ratePerReplica: learned.messagesPerSecondPerReplica ?? prior.messagesPerSecondPerReplica,
    isRateMeasured: learned.messagesPerSecondPerReplica !== null,
    scalability: learned.scalability,
    rebalanceSeconds: learned.rebalanceSeconds.at(-1) ?? prior.rebalanceSeconds,
  };
}
