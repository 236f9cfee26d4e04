import type { ScalingMemory } from './memory.ts';

/** Why the decision is what it is: CamelCase, fit for a Kubernetes condition or event. */
export type DecisionReason =
  // up
  | 'BacklogAboveObjective'
  | 'ArrivalsAboveCapacity'
  | 'WokenByMessages'
  | 'BelowMinimum'
  | 'Fallback'
  // down
  | 'Surplus'
  | 'Idle'
  | 'AboveMaximum'
  // hold
  | 'Steady'
  | 'Confirming'
  | 'Cooldown'
  | 'Frozen'
  | 'MetricsUnavailable'
  | 'ScalingIneffective'
  | 'AtMaximum';

/** Why nothing but an emergency is acted upon. */
export type FreezeReason = 'GroupNotStable' | 'RolloutUnderWay' | 'ReplicasNotReady' | 'NewLeader';

/** Every term of the decision. Rates in messages per second; null: not known at this poll. */
export interface DecisionTerms {
  readonly partitions: number;
  /** Load of the hottest partition by that of an average other one; 1 when they are alike. */
  readonly skew: number;
  /** B: messages that wait, without those of stalled partitions. */
  readonly backlogMessages: number | null;
  /** Age of the oldest message that waits. */
  readonly timeLagSeconds: number | null;
  /** lambda. */
  readonly arrivalRate: number | null;
  /** Highest lambda within the scale-down window. */
  readonly peakArrivalRate: number | null;
  /** mu. */
  readonly ratePerReplica: number;
  readonly isRateMeasured: boolean;
  /** alpha. */
  readonly scalability: number;
  /** R. */
  readonly rebalanceSeconds: number;
  /** need: what the replicas must work off, by arrivals, backlog and objective. */
  readonly neededRate: number | null;
  /** cap(current). */
  readonly currentCapacity: number;
  /** How long the backlog takes at the current replicas; null: unknown or for ever. */
  readonly drainSeconds: number | null;
  readonly ladder: readonly number[];
  /** First rung whose capacity is enough, or the last. */
  readonly targetReplicas: number | null;
}

/** Things for conditions, events and metrics, beside the replicas. */
export interface DecisionFindings {
  readonly isMetricsAvailable: boolean;
  /** No rung is enough: more partitions or a faster handler are needed. */
  readonly isObjectiveAchievable: boolean;
  /** False once replicas were added and brought nothing. */
  readonly isScalingEffective: boolean;
  /** `topic/partition`, as everywhere here. */
  readonly stalled: readonly string[];
  /** The log end lies before the commit: the topic was recreated or truncated. */
  readonly regressed: readonly string[];
  readonly uncommitted: readonly string[];
  readonly missing: readonly string[];
  readonly frozenBy: readonly FreezeReason[];
}

export interface Decision {
  readonly atMs: number;
  readonly direction: 'up' | 'down' | 'hold';
  readonly currentReplicas: number;
  /** What `spec.replicas` shall be; equal to `currentReplicas` on hold. */
  readonly replicas: number;
  readonly reason: DecisionReason;
  readonly terms: DecisionTerms;
  readonly findings: DecisionFindings;
}

/** What `decide(observation, policy, memory)` returns. */
export interface Deciding {
  readonly decision: Decision;
  readonly memory: ScalingMemory;
}
