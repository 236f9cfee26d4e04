import type { Admin, ITopicConfig, Kafka } from 'kafkajs';
import type { Logger } from '../logger.ts';
import { sleep } from '../sleep.ts';
import type { KafkaAdmin, PartitionLag, PartitionRange, RangeReading, TopicReading, TopicSpec } from './admin-port.ts';
import type { KafkaConnection } from './config.ts';
import { isUnsettled } from './kafka-errors.ts';
import { createKafka } from './kafkajs-client.ts';
import { readTopic } from './kafkajs-topic-reader.ts';

/** Lets the brokers choose. */
const BROKER_DEFAULT = -1;

const TOPIC_CREATION_TIMEOUT_MS = 10_000;
const SETTLING_TIMEOUT_MS = 10_000;
const SETTLING_POLL_MS = 20;

/** Connects when first asked something, and anew after any failure; close it with `stop`. */
export class KafkajsAdmin implements KafkaAdmin, AsyncDisposable {
  readonly name = 'kafka-admin';
  readonly #kafka: Kafka;
  #connected: Promise<Admin> | undefined;

  constructor(connection: KafkaConnection, options: { readonly logger: Logger }) {
    this.#kafka = createKafka(connection, options.logger);
  }

  async ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    await this.#ask(async (admin) => {
      await admin.createTopics({
        waitForLeaders: false, // gives up too early; untilSettled does not
        timeout: TOPIC_CREATION_TIMEOUT_MS,
        topics: topics.map(toTopicConfig),
      });
      await Promise.all(topics.map(({ name }) => untilSettled(() => admin.fetchTopicOffsets(name))));
    });
  }

  async readOffsets(topic: string): Promise<readonly PartitionRange[]> {
    const offsets = await this.#ask((admin) => admin.fetchTopicOffsets(topic));
    return offsets
      .map(({ partition, low, high }) => ({ partition, low: BigInt(low), high: BigInt(high) }))
      .toSorted((a, b) => a.partition - b.partition);
  }

  async groupLag(groupId: string, topic: string): Promise<readonly PartitionLag[]> {
    // The commits first: read after them, the end of a partition cannot lie before its commit.
    const topics = await this.#ask((admin) => untilSettled(() => admin.fetchOffsets({ groupId, topics: [topic] })));
    const committed = new Map(
      topics.flatMap(({ partitions }) => partitions.map(({ partition, offset }) => [partition, BigInt(offset)])),
    );
    const ranges = await this.readOffsets(topic);
    return ranges.map((range) => toLag(range, committed.get(range.partition)));
  }

  async readTopicToEnd(reading: TopicReading): Promise<readonly PartitionRange[]> {
    const ranges = await this.readOffsets(reading.topic);
    await readTopic(this.#kafka, ranges, reading);
    return ranges;
  }

  async readTopicRanges({ ranges, ...reading }: RangeReading): Promise<void> {
    await readTopic(this.#kafka, ranges, reading);
  }

  async readOffsetsSince(topic: string, timestampMs: number): Promise<readonly PartitionRange[]> {
    const found = await this.#ask((admin) => admin.fetchTopicOffsetsByTimestamp(topic, timestampMs));
    const since = new Map(found.map(({ partition, offset }) => [partition, BigInt(offset)]));
    const ranges = await this.readOffsets(topic);
    // kafkajs answers with the end where Kafka says -1, "nothing since"; the end has moved on meanwhile.
    return ranges.map((range) => ({ ...range, low: since.get(range.partition) ?? range.low }));
  }

  /** Closes the connection. Idempotent. */
  async stop(): Promise<void> {
    const connected = this.#connected;
    this.#connected = undefined;
    await disconnect(connected);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #ask<Answer>(question: (admin: Admin) => Promise<Answer>): Promise<Answer> {
    const connected = (this.#connected ??= this.#connect());
    try {
      return await question(await connected);
    } catch (error: unknown) {
      // After a timeout while connecting, kafkajs takes itself for connected and fails forever.
      if (this.#connected === connected) this.#connected = undefined;
      await disconnect(connected);
      throw error;
    }
  }

  async #connect(): Promise<Admin> {
    const admin = this.#kafka.admin();
    try {
      await admin.connect();
      return admin;
    } catch (error: unknown) {
      await admin.disconnect().catch(() => undefined);
      throw error;
    }
  }
}

async function disconnect(connected: Promise<Admin> | undefined): Promise<void> {
  const admin = await connected?.catch(() => undefined);
  await admin?.disconnect();
}

function toTopicConfig({ name, partitions, replicationFactor = BROKER_DEFAULT, config = {} }: TopicSpec): ITopicConfig {
  return {
    topic: name,
    numPartitions: partitions,
    replicationFactor,
    configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
  };
}

/**
 * Asks again while the brokers have not settled who answers, 10 s at most. Under KRaft they hear of new topics one by
 * one, and name a leader before that leader knows; the first question about any group creates the topic of commits.
 */
async function untilSettled<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  const giveUpMs = performance.now() + SETTLING_TIMEOUT_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error: unknown) {
      if (!isUnsettled(error) || performance.now() > giveUpMs) throw error;
    }
    await sleep(SETTLING_POLL_MS);
  }
}

/** Kafka says -1 for "never committed". A commit below `low` means that retention has overtaken the group. */
function toLag(range: PartitionRange, offset: bigint | undefined): PartitionLag {
  const committed = offset === undefined || offset < 0n ? null : offset;
  const from = committed === null || committed < range.low ? range.low : committed;
  return { ...range, committed, lagMessages: range.high > from ? range.high - from : 0n };
}
