/** What one partition holds, and how far the group has come in it. */
export interface PartitionOffsets {
  readonly topic: string;
  readonly partition: number;
  /** First offset that the broker still keeps. */
  readonly logStart: bigint;
  /** Offset that the next message will get. */
  readonly logEnd: bigint;
  /** Offset from which the group continues; null when it has never committed here. */
  readonly committed: bigint | null;
}

/** `Rebalancing` stands for both of Kafka's rebalance states, `Unknown` for a group that could not be described. */
export type GroupState = 'Stable' | 'Rebalancing' | 'Empty' | 'Dead' | 'Unknown';

/** One reading of Kafka. It may be partial: what did not answer is named, never taken for zero. */
export interface LagReading {
  /** Unix milliseconds. */
  readonly readAtMs: number;
  readonly partitions: readonly PartitionOffsets[];
  /** Partitions that exist, or existed at the last reading, and gave no offsets; `topic/partition`, or a bare `topic`. */
  readonly missing: readonly string[];
  readonly group: { readonly state: GroupState; readonly members: number };
}

/** The Deployment that is scaled. */
export interface TargetObservation {
  readonly specReplicas: number;
  readonly readyReplicas: number;
  /** A new pod template is being rolled out. */
  readonly isRollingOut: boolean;
}

/** Everything that is seen at one poll. */
export interface Observation {
  /** When the poll happened; Unix milliseconds. The decision knows no other clock. */
  readonly atMs: number;
  /** The newest reading that there is, however old; null when Kafka has not answered yet. */
  readonly lag: LagReading | null;
  readonly target: TargetObservation;
}
