import type { GroupState } from '../scaling/observation.ts';

export interface PartitionLeader {
  readonly partition: number;
  /** Node id of the broker that leads it. */
  readonly leader: number;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface PartitionCommit extends TopicPartition {
  /** Null when the group has never committed there. */
  readonly committed: bigint | null;
}

export interface PartitionEnds extends TopicPartition {
  readonly logStart: bigint;
  readonly logEnd: bigint;
}

export interface GroupDescription {
  readonly state: GroupState;
  readonly members: number;
}

/** The cluster says that there is no such topic. Every other failure only says that it did not answer. */
export class UnknownTopicError extends Error {
  override readonly name = 'UnknownTopicError';
  readonly code = 'UNKNOWN_TOPIC';
}

/** The questions of which a reading is made. Each may fail by itself. */
export interface KafkaCluster {
  /** @throws {UnknownTopicError} */
  leadersOf(topic: string): Promise<readonly PartitionLeader[]>;
  commitsOf(consumerGroup: string, partitions: readonly TopicPartition[]): Promise<readonly PartitionCommit[]>;
  /** Asks one broker for what it leads. */
  endsAt(nodeId: number, partitions: readonly TopicPartition[]): Promise<readonly PartitionEnds[]>;
  describeGroup(consumerGroup: string): Promise<GroupDescription>;
  /** Drops every connection; the next question connects anew. Idempotent. */
  disconnect(): Promise<void>;
}
