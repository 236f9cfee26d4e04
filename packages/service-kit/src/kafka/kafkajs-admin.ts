import type { Admin, Kafka } from 'kafkajs';
import type { Logger } from '../logger.ts';
import type { KafkaAdmin, PartitionLag, PartitionRange, TopicReading, TopicSpec } from './admin-port.ts';
import type { KafkaConnection } from './config.ts';
import { createKafka } from './kafkajs-client.ts';
import { readTopic } from './kafkajs-topic-reader.ts';
import { sleep } from '../sleep.ts';

/** Lets the brokers choose. */
const BROKER_DEFAULT = -1;

const TOPIC_CREATION_TIMEOUT_MS = 10_000;
const LEADER_POLL_MS = 20;

/** Connects when first asked something, and again after a failure; close it with `stop`. */
export class KafkajsAdmin implements KafkaAdmin {
  readonly name = 'kafka-admin';
  readonly #kafka: Kafka;
  #connected: Promise<Admin> | undefined;

  constructor(connection: KafkaConnection, options: { readonly logger: Logger }) {
    this.#kafka = createKafka(connection, options.logger);
  }

  async ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    const admin = await this.#admin();
    await admin.createTopics({
      // kafkajs gives up when a broker answers before it has heard of the new topic, which KRaft makes likely.
      waitForLeaders: false,
      timeout: TOPIC_CREATION_TIMEOUT_MS,
      topics: topics.map(({ name, partitions, replicationFactor = BROKER_DEFAULT, config = {} }) => ({
        topic: name,
        numPartitions: partitions,
        replicationFactor,
        configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
      })),
    });
    await waitForLeaders(
      admin,
      topics.map(({ name }) => name),
    );
  }

  async readOffsets(topic: string): Promise<readonly PartitionRange[]> {
    const admin = await this.#admin();
    const offsets = await admin.fetchTopicOffsets(topic);
    return offsets
      .map(({ partition, low, high }) => ({ partition, low: BigInt(low), high: BigInt(high) }))
      .toSorted((a, b) => a.partition - b.partition);
  }

  async groupLag(groupId: string, topic: string): Promise<readonly PartitionLag[]> {
    const admin = await this.#admin();
    const [committedByTopic, ranges] = await Promise.all([
      admin.fetchOffsets({ groupId, topics: [topic] }),
      this.readOffsets(topic),
    ]);
    const committedByPartition = new Map(
      committedByTopic.flatMap(({ partitions }) =>
        partitions.map(({ partition, offset }) => [partition, BigInt(offset)]),
      ),
    );
    return ranges.map((range) => toLag(range, committedByPartition.get(range.partition)));
  }

  async readTopicToEnd(reading: TopicReading): Promise<readonly PartitionRange[]> {
    const ranges = await this.readOffsets(reading.topic);
    await readTopic(this.#kafka, ranges, reading);
    return ranges;
  }

  /** Closes the connection. Idempotent. */
  async stop(): Promise<void> {
    const connected = this.#connected;
    this.#connected = undefined;
    const admin = await connected?.catch(() => undefined);
    await admin?.disconnect();
  }

  #admin(): Promise<Admin> {
    this.#connected ??= this.#connect();
    return this.#connected;
  }

  async #connect(): Promise<Admin> {
    const admin = this.#kafka.admin();
    try {
      await admin.connect();
      return admin;
    } catch (error: unknown) {
      this.#connected = undefined;
      await admin.disconnect().catch(() => undefined);
      throw error;
    }
  }
}

/** Metadata with every partition's leader, however long the brokers take to hear of the topics (10 s at most). */
async function waitForLeaders(admin: Admin, topics: string[]): Promise<void> {
  const giveUpMs = performance.now() + TOPIC_CREATION_TIMEOUT_MS;
  for (;;) {
    try {
      await admin.fetchTopicMetadata({ topics });
      return;
    } catch (error: unknown) {
      if (!isTopicNotKnownYet(error) || performance.now() > giveUpMs) throw error;
    }
    await sleep(LEADER_POLL_MS);
  }
}

function isTopicNotKnownYet(error: unknown): boolean {
  const type = error instanceof Error && 'type' in error ? error.type : undefined;
  return type === 'UNKNOWN_TOPIC_OR_PARTITION' || type === 'LEADER_NOT_AVAILABLE';
}

/** Kafka says -1 for "never committed". A commit below `low` means that retention has overtaken the group. */
function toLag(range: PartitionRange, offset: bigint | undefined): PartitionLag {
  const committed = offset === undefined || offset < 0n ? null : offset;
  const from = committed === null || committed < range.low ? range.low : committed;
  return { ...range, committed, lagMessages: range.high > from ? range.high - from : 0n };
}
