/**
 * What the decision carries from poll to poll. All of it is JSON. `learned` is worth keeping in status: it is rounded and
 * changes seldom. `recent` is a sliding window: a leader that has lost it only waits longer before it scales down.
 */
export interface ScalingMemory {
  readonly version: 1;
  readonly learned: LearnedMemory;
  readonly recent: RecentMemory;
}

export interface LearnedMemory {
  /** Measured while saturated (mu); null while the prior holds. */
  readonly messagesPerSecondPerReplica: number | null;
  /** Share of the linear gain that replicas were seen to bring (alpha). */
  readonly scalability: number;
  /** From a change of replicas to a stable group that consumes: the last three, newest last. */
  readonly rebalanceSeconds: readonly number[];
  /** `spec.replicas` as last seen; null before the first poll. */
  readonly replicas: number | null;
  /** The last change of `spec.replicas`, whoever made it; null when none was seen. */
  readonly change: ReplicaChange | null;
  readonly floor: ReplicaFloor | null;
  /** Ups in a row that brought nothing. */
  readonly ineffectiveUps: number;
  /** Longest usual time between two commits of a partition that has messages; 0 while it is shorter than a poll. */
  readonly commitSeconds: number;
}

/** Experience: fewer replicas were regretted within minutes. */
export interface ReplicaFloor {
  readonly replicas: number;
  readonly untilMs: number;
  /** How long it was set for; the next regret sets it for longer. */
  readonly seconds: number;
}

export interface ReplicaChange {
  readonly atMs: number;
  readonly from: number;
  readonly to: number;
  /** Messages per second that the group worked off just before; null when that was not seen. */
  readonly ratePerSecondBefore: number | null;
  /** When the group was stable and complete again; null until then. */
  readonly settledAtMs: number | null;
  /** Whether its effect has been judged. */
  readonly isJudged: boolean;
}

export interface RecentMemory {
  /** Polls with a complete and fresh reading, up to a small bound. */
  readonly polls: number;
  /** Oldest first; spans the scale-down window. */
  readonly samples: readonly Sample[];
  /** By `topic/partition`. */
  readonly partitions: Readonly<Record<string, PartitionProgress>>;
  /** Since when no complete and fresh reading has been seen. */
  readonly unavailableSinceMs: number | null;
  /** Since when nothing was produced and nothing waited. */
  readonly idleSinceMs: number | null;
  /** Since when more replicas are wanted although the load is still changing. */
  readonly upPendingSinceMs: number | null;
}

/** One poll. Counts of messages go on from sample to sample and start anywhere. */
export interface Sample {
  readonly atMs: number;
  readonly producedMessages: number;
  readonly committedMessages: number;
  readonly backlogMessages: number;
  /** Every replica had work and nothing disturbed it: what was committed is what the group can do. */
  readonly isSaturated: boolean;
}

/** Offsets are numbers here: exact below 2^53, which a partition reaches after 285 years of a million messages a second. */
export interface PartitionProgress {
  readonly logEnd: number;
  readonly committed: number | null;
  /** Smoothed over about 30 s. */
  readonly producedPerSecond: number;
  /** When the commit was last seen to move, or the partition was first seen. */
  readonly movedAtMs: number;
  /** What waited right after that. Between two commits a group that keeps up looks as if it fell behind. */
  readonly lagWhenMoved: number;
}

export const EMPTY_MEMORY: ScalingMemory = {
  version: 1,
  learned: {
    messagesPerSecondPerReplica: null,
    scalability: 1,
    rebalanceSeconds: [],
    replicas: null,
    change: null,
    floor: null,
    ineffectiveUps: 0,
    commitSeconds: 0,
  },
  recent: {
    polls: 0,
    samples: [],
    partitions: {},
    unavailableSinceMs: null,
    idleSinceMs: null,
    upPendingSinceMs: null,
  },
};
