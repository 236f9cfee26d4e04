import type { IncomingMessage } from './port.ts';

/** A topic as this project wants it to be when it creates it. */
export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  /** The brokers' default when left out. */
  readonly replicationFactor?: number;
  /** Topic configuration by Kafka's names, e.g. `{'retention.ms': '604800000'}`. */
  readonly config?: Readonly<Record<string, string>>;
}

/** What a partition holds: offsets from `low` up to but not including `high`. */
export interface PartitionRange {
  readonly partition: number;
  readonly low: bigint;
  readonly high: bigint;
}

/** How far a consumer group has come in a partition. */
export interface PartitionLag extends PartitionRange {
  /** Offset from which the group continues; null when it has never committed. */
  readonly committed: bigint | null;
  /** Messages that the group has not committed. A group without a commit starts at the beginning. */
  readonly lagMessages: bigint;
}

export interface TopicReading {
  readonly topic: string;
  /** Called in order of offsets within each partition. */
  onMessage(message: IncomingMessage, partition: number): void;
  readonly signal?: AbortSignal;
}

export interface RangeReading extends TopicReading {
  /** What is read: partitions that are left out, and empty ranges, are not asked for. */
  readonly ranges: readonly PartitionRange[];
}

/** What is asked of a Kafka cluster beside sending and consuming. */
export interface KafkaAdmin {
  /** Creates the topics that do not exist and waits for their leaders. Existing topics stay as they are. */
  ensureTopics(topics: readonly TopicSpec[]): Promise<void>;
  /** Ordered by partition. */
  readOffsets(topic: string): Promise<readonly PartitionRange[]>;
  /** Ordered by partition. The group need not exist. */
  groupLag(groupId: string, topic: string): Promise<readonly PartitionLag[]>;
  /**
   * Reads everything that the topic held when the call began, without a consumer group.
   *
   * @returns the ranges that were read.
   */
  readTopicToEnd(reading: TopicReading): Promise<readonly PartitionRange[]>;
  /** Reads the given ranges, without a consumer group. They must lie within what the topic holds. */
  readTopicRanges(reading: RangeReading): Promise<void>;
  /**
   * From where to read to see every message since the moment (Unix milliseconds, by the time of the records). Ordered by
   * partition; one without such messages begins at its end.
   */
  readOffsetsSince(topic: string, timestampMs: number): Promise<readonly PartitionRange[]>;
}
