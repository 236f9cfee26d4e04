import type { KafkaConnection } from '@orderflow/service-kit/kafka/config';
import { causesOf } from '@orderflow/service-kit/kafka/kafka-errors';
import { createKafka } from '@orderflow/service-kit/kafka/kafkajs-client';
import { openCluster } from '@orderflow/service-kit/kafka/kafkajs-cluster';
import type { Logger } from '@orderflow/service-kit/logger';
import type { GroupState } from '../scaling/observation.ts';
import {
  UnknownTopicError,
  type GroupDescription,
  type KafkaCluster,
  type PartitionCommit,
  type PartitionEnds,
  type PartitionLeader,
  type TopicPartition,
} from './kafka-cluster.ts';

const LATEST = '-1';
const EARLIEST = '-2';
const READ_UNCOMMITTED = 0;

/** Shorter than a reader's patience, so that no question outlives the reading that it was asked for by much. */
const TUNING = { requestTimeoutMs: 2_000 };

type OpenCluster = Awaited<ReturnType<typeof openCluster>>;

/** What kafkajs has and does not declare. */
interface UndeclaredCluster {
  metadata(options: { readonly topics: readonly string[] }): Promise<{
    readonly topicMetadata: readonly {
      readonly topic: string;
      readonly partitionMetadata: readonly { readonly partitionId: number; readonly leader: number }[];
    }[];
  } | null>;
  findBroker(node: { readonly nodeId: number }): Promise<UndeclaredBroker>;
  findGroupCoordinator(group: { readonly groupId: string }): Promise<UndeclaredBroker>;
}

interface UndeclaredBroker {
  listOffsets(request: object): Promise<TopicAnswers>;
  offsetFetch(request: object): Promise<TopicAnswers>;
  describeGroups(request: object): Promise<{
    readonly groups: readonly {
      readonly errorCode: number;
      readonly state: string;
      readonly members: readonly unknown[];
    }[];
  }>;
}

interface TopicAnswers {
  readonly responses: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
  }[];
}

/** Not the admin client of kafkajs: its answers are all or nothing, and one broker that is down takes all. */
export class KafkajsCluster implements KafkaCluster {
  readonly #connection: KafkaConnection;
  readonly #logger: Logger;
  #session: Session | undefined;

  constructor(connection: KafkaConnection, { logger }: { readonly logger: Logger }) {
    this.#connection = connection;
    this.#logger = logger;
  }

  leadersOf(topic: string): Promise<readonly PartitionLeader[]> {
    return this.#ask(async (cluster) => {
      const answer = await cluster.metadata({ topics: [topic] });
      const found = answer?.topicMetadata.find((candidate) => candidate.topic === topic);
      if (found === undefined) throw new Error(`no broker describes topic ${topic}`);
      return found.partitionMetadata.map(({ partitionId, leader }) => ({ partition: partitionId, leader }));
    }).catch((error: unknown) => {
      if (isUnknownTopic(error)) throw new UnknownTopicError(`there is no topic ${topic}`, { cause: error });
      throw error;
    });
  }

  commitsOf(consumerGroup: string, partitions: readonly TopicPartition[]): Promise<readonly PartitionCommit[]> {
    return this.#ask(async (cluster) => {
      const coordinator = await cluster.findGroupCoordinator({ groupId: consumerGroup });
      const answer = await coordinator.offsetFetch({
        groupId: consumerGroup,
        topics: byTopic(partitions, ({ partition }) => ({ partition })),
      });
      return flatten(answer).map(({ topic, partition, offset }) => ({
        topic,
        partition,
        committed: offset < 0n ? null : offset,
      }));
    });
  }

  endsAt(nodeId: number, partitions: readonly TopicPartition[]): Promise<readonly PartitionEnds[]> {
    return this.#ask(async (cluster) => {
      const broker = await cluster.findBroker({ nodeId });
      const offsetsAt = async (timestamp: string) =>
        flatten(
          await broker.listOffsets({
            replicaId: -1,
            isolationLevel: READ_UNCOMMITTED,
            topics: byTopic(partitions, ({ partition }) => ({ partition, timestamp })),
          }),
        );
      const [starts, ends] = await Promise.all([offsetsAt(EARLIEST), offsetsAt(LATEST)]);
      const startOf = new Map(starts.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]));
      return ends.map(({ topic, partition, offset }) => ({
        topic,
        partition,
        logStart: startOf.get(`${topic}/${partition}`) ?? 0n,
        logEnd: offset,
      }));
    });
  }

  describeGroup(consumerGroup: string): Promise<GroupDescription> {
    return this.#ask(async (cluster) => {
      const coordinator = await cluster.findGroupCoordinator({ groupId: consumerGroup });
      const { groups } = await coordinator.describeGroups({ groupIds: [consumerGroup] });
      const [group] = groups;
      if (group === undefined || group.errorCode !== 0) return { state: 'Unknown', members: 0 };
      return { state: toGroupState(group.state), members: group.members.length };
    });
  }

  async disconnect(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
  }

  /** Asks on the present connections, or on new ones. */
  #ask<Answer>(question: (cluster: UndeclaredCluster) => Promise<Answer>): Promise<Answer> {
    const session = (this.#session ??= new Session(openCluster(createKafka(this.#connection, this.#logger, TUNING))));
    return session.ask(question).catch((error: unknown) => {
      if (session.hasFailedToOpen && this.#session === session) this.#session = undefined;
      throw error;
    });
  }
}

/** One opening of the cluster, and who is asking something there. */
class Session {
  readonly #opening: Promise<OpenCluster>;
  hasFailedToOpen = false;
  #questions = 0;
  #isClosed = false;

  constructor(opening: Promise<OpenCluster>) {
    this.#opening = opening;
    opening.catch(() => (this.hasFailedToOpen = true));
  }

  async ask<Answer>(question: (cluster: UndeclaredCluster) => Promise<Answer>): Promise<Answer> {
    this.#questions += 1;
    try {
      return await question((await this.#opening) as unknown as UndeclaredCluster);
    } finally {
      this.#questions -= 1;
      // kafkajs connects again for a request that was on its way when it was told to disconnect.
      if (this.#isClosed && this.#questions === 0) await this.close();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const cluster = await this.#opening.catch(() => undefined);
    await cluster?.disconnect();
  }
}

function isUnknownTopic(error: unknown): boolean {
  return causesOf(error).some((cause) => (cause as { readonly type?: unknown }).type === 'UNKNOWN_TOPIC_OR_PARTITION');
}

function toGroupState(state: string): GroupState {
  switch (state) {
    case 'Stable':
    case 'Empty':
    case 'Dead':
      return state;
    case 'PreparingRebalance':
    case 'CompletingRebalance':
      return 'Rebalancing';
    default:
      return 'Unknown';
  }
}

function byTopic<Question>(
  partitions: readonly TopicPartition[],
  toQuestion: (partition: TopicPartition) => Question,
): readonly { readonly topic: string; readonly partitions: readonly Question[] }[] {
  const topics = Map.groupBy(partitions, ({ topic }) => topic);
  return [...topics].map(([topic, group]) => ({ topic, partitions: group.map(toQuestion) }));
}

function flatten({ responses }: TopicAnswers): readonly (TopicPartition & { readonly offset: bigint })[] {
  return responses.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition, offset }) => ({ topic, partition, offset: BigInt(offset) })),
  );
}
