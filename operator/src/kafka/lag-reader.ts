import type { Clock } from '@orderflow/service-kit/clock';
import type { LagReading, PartitionOffsets } from '../scaling/observation.ts';
import {
  UnknownTopicError,
  type GroupDescription,
  type KafkaCluster,
  type PartitionCommit,
  type PartitionEnds,
  type PartitionLeader,
  type TopicPartition,
} from './kafka-cluster.ts';

/** Kafka gave no answer at all. */
export class LagReadError extends Error {
  override readonly name = 'LagReadError';
  readonly code = 'LAG_UNREADABLE';
  readonly retryable = true;
}

export interface LagReaderOptions {
  readonly cluster: KafkaCluster;
  readonly consumerGroup: string;
  readonly topics: readonly string[];
  readonly clock: Clock;
  /** How long one question may take; a reading is three questions after one another. */
  readonly answerTimeoutMs: number;
}

/** A reading, and what stood against a better one. */
export interface ReadingOutcome {
  readonly reading: LagReading;
  readonly failures: readonly unknown[];
}

interface LedPartition extends TopicPartition, PartitionLeader {}

/** Reads the lag of one group. It remembers who leads which partition, for when nobody says so. */
export class LagReader {
  readonly #options: LagReaderOptions;
  readonly #leaders = new Map<string, readonly PartitionLeader[]>();

  constructor(options: LagReaderOptions) {
    this.#options = options;
  }

  /** @throws {LagReadError} when nothing answers. */
  async read(): Promise<ReadingOutcome> {
    const failures: unknown[] = [];
    const layouts = await Promise.all(this.#options.topics.map((topic) => this.#layoutOf(topic, failures)));
    const partitions = layouts.flatMap((layout) => (typeof layout === 'string' ? [] : layout));
    const topicsMissing = layouts.filter((layout) => typeof layout === 'string');
    // The commits first: read after them, the end of a partition cannot lie before its commit.
    const [commits, group] = await Promise.all([
      this.#commitsOf(partitions, failures),
      this.#ask(failures, (cluster) => cluster.describeGroup(this.#options.consumerGroup)),
    ]);
    const ends = await this.#endsOf(partitions, failures);
    if (group === undefined && commits.length === 0 && ends.length === 0) {
      throw new LagReadError('Kafka does not answer', { cause: failures[0] });
    }
    const reading = assemble({ partitions, commits, ends, group });
    const missing = [...topicsMissing, ...reading.missing];
    return { reading: { ...reading, missing, readAtMs: this.#options.clock.nowMs() }, failures };
  }

  /** The partitions of a topic, or its name when they are not known. */
  async #layoutOf(topic: string, failures: unknown[]): Promise<readonly LedPartition[] | string> {
    try {
      this.#leaders.set(topic, await this.#inTime(this.#options.cluster.leadersOf(topic)));
    } catch (error: unknown) {
      if (error instanceof UnknownTopicError) this.#leaders.delete(topic);
      else failures.push(error);
    }
    return this.#leaders.get(topic)?.map((leader) => ({ ...leader, topic })) ?? topic;
  }

  async #commitsOf(partitions: readonly LedPartition[], failures: unknown[]): Promise<readonly PartitionCommit[]> {
    if (partitions.length === 0) return [];
    const { consumerGroup } = this.#options;
    return (await this.#ask(failures, (cluster) => cluster.commitsOf(consumerGroup, partitions))) ?? [];
  }

  async #endsOf(partitions: readonly LedPartition[], failures: unknown[]): Promise<readonly PartitionEnds[]> {
    const brokers = Map.groupBy(partitions, ({ leader }) => leader);
    const answers = await Promise.all(
      [...brokers].map(([nodeId, led]) => this.#ask(failures, (cluster) => cluster.endsAt(nodeId, led))),
    );
    return answers.flatMap((answer) => answer ?? []);
  }

  /** Undefined when there is no answer in time. */
  async #ask<Answer>(
    failures: unknown[],
    question: (cluster: KafkaCluster) => Promise<Answer>,
  ): Promise<Answer | undefined> {
    try {
      return await this.#inTime(question(this.#options.cluster));
    } catch (error: unknown) {
      failures.push(error);
      return undefined;
    }
  }

  async #inTime<Answer>(answer: Promise<Answer>): Promise<Answer> {
    const late = Promise.withResolvers<never>();
    const { answerTimeoutMs } = this.#options;
    const timer = setTimeout(() => late.reject(new Error(`no answer within ${answerTimeoutMs} ms`)), answerTimeoutMs);
    try {
      return await Promise.race([answer, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}

interface Answers {
  readonly partitions: readonly TopicPartition[];
  readonly commits: readonly PartitionCommit[];
  readonly ends: readonly PartitionEnds[];
  readonly group: GroupDescription | undefined;
}

/** A partition counts only with both its ends and its commit; the others are missing. */
function assemble({ partitions, commits, ends, group }: Answers): Omit<LagReading, 'readAtMs'> {
  const commitOf = new Map(commits.map((commit) => [nameOf(commit), commit.committed]));
  const endsOf = new Map(ends.map((end) => [nameOf(end), end]));
  const missing: string[] = [];
  const complete: PartitionOffsets[] = [];
  for (const { topic, partition } of partitions) {
    const name = nameOf({ topic, partition });
    const end = endsOf.get(name);
    const committed = commitOf.get(name);
    if (end === undefined || committed === undefined) missing.push(name);
    else complete.push({ topic, partition, logStart: end.logStart, logEnd: end.logEnd, committed });
  }
  return { partitions: complete, missing, group: group ?? { state: 'Unknown', members: 0 } };
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
