import { PartitionAssigners, type Consumer, type EachBatchPayload, type Kafka } from 'kafkajs';
import { sleep } from '../sleep.ts';
import type { BackPressure } from './back-pressure.ts';
import type { Assignment } from './consumer-epochs.ts';
import type { ConsumerTuning } from './consumer-tuning.ts';
import { partitionKey } from './consumer-progress.ts';
import { DecodedMessage } from './incoming-message.ts';
import { epochOf, hookGroup, type GroupHooks } from './kafkajs-group-hooks.ts';
import type { MessageBatch, OffsetCommit } from './port.ts';

/** Whoever runs a session and is told what happens in it. */
export interface GroupSessionOwner extends GroupHooks {
  readonly backPressure: BackPressure;
  onJoined(partitions: Assignment, memberId: string): void;
  takesBatches(epoch: number): boolean;
  /** Must not reject. */
  onBatch(batch: MessageBatch): Promise<void>;
  /** The session's position in a partition has moved, also when there was nothing to hand over. */
  onProgress(topic: string, partition: number, nextOffset: bigint): void;
}

export interface GroupSessionOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly tuning: ConsumerTuning;
}

/**
 * One kafkajs consumer from joining the group to leaving it or crashing. Never restarted: a crashed kafkajs consumer
 * can be left half alive by its own restart, so the owner makes a new session instead.
 */
export class GroupSession {
  readonly #options: GroupSessionOptions;
  readonly #owner: GroupSessionOwner;
  readonly #consumer: Consumer;
  readonly #ended = Promise.withResolvers<void>();

  constructor(kafka: Kafka, options: GroupSessionOptions, owner: GroupSessionOwner) {
    this.#options = options;
    this.#owner = owner;
    this.#consumer = this.#createConsumer(kafka);
    this.#ended.promise.catch(() => undefined); // reported by run
    this.#listen();
  }

  /**
   * Joins and consumes. Resolves after `stop`; rejects with what made kafkajs give up. The group is left either way,
   * unless the consumer hangs.
   */
  async run(): Promise<void> {
    try {
      await this.#consumer.connect();
      await this.#consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true });
      await this.#consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: this.#options.tuning.partitionsConcurrently,
        eachBatch: (payload) => this.#handOver(payload),
      });
      await this.#ended.promise;
    } finally {
      await this.#leave();
    }
  }

  /** Makes `run` return. */
  stop(): void {
    this.#ended.resolve();
  }

  async commitOffsets(offsets: readonly OffsetCommit[]): Promise<void> {
    await this.#consumer.commitOffsets(
      offsets.map(({ topic, partition, nextOffset }) => ({ topic, partition, offset: nextOffset.toString() })),
    );
  }

  /** A consumer that hangs would never come back; its group does without it when the session timeout has passed. */
  async #leave(): Promise<void> {
    const giveUp = new AbortController();
    const deadline = sleep(this.#options.tuning.leaveDeadlineMs, giveUp.signal);
    try {
      await Promise.race([this.#consumer.disconnect(), deadline]);
    } finally {
      giveUp.abort();
    }
  }

  #createConsumer(kafka: Kafka): Consumer {
    const { tuning, groupId } = this.#options;
    return kafka.consumer({
      groupId,
      sessionTimeout: tuning.sessionTimeoutMs,
      heartbeatInterval: tuning.heartbeatIntervalMs,
      rebalanceTimeout: tuning.rebalanceTimeoutMs,
      maxWaitTimeInMs: tuning.maxWaitMs,
      minBytes: 1,
      maxBytesPerPartition: tuning.maxBytesPerPartition,
      maxBytes: tuning.maxBytesPerFetch,
      allowAutoTopicCreation: false,
      retry: { restartOnFailure: () => Promise.resolve(false) },
      partitionAssigners: [
        (config) => {
          hookGroup(config.cluster, this.#owner);
          return PartitionAssigners.roundRobin(config);
        },
      ],
    });
  }

  #listen(): void {
    const { events } = this.#consumer;
    this.#consumer.on(events.CRASH, ({ payload }) => this.#ended.reject(payload.error));
    this.#consumer.on(events.GROUP_JOIN, ({ payload }) => {
      this.#owner.onJoined(new Map(Object.entries(payload.memberAssignment)), payload.memberId);
    });
    this.#consumer.on(events.START_BATCH_PROCESS, ({ payload }) => {
      this.#owner.onProgress(payload.topic, payload.partition, BigInt(payload.lastOffset) + 1n);
    });
  }

  async #handOver(payload: EachBatchPayload): Promise<void> {
    const { topic, partition, messages, highWatermark } = payload.batch;
    const epoch = epochOf(payload.batch) ?? 0;
    // Unresolved, the position stays where it is: the messages are fetched again by whom they belong to now.
    if (!this.#owner.takesBatches(epoch)) return;
    payload.resolveOffset(payload.batch.lastOffset());
    const takenOver = this.#owner.onBatch({
      topic,
      partition,
      epoch,
      messages: messages.map((message) => new DecodedMessage(message)),
      highWatermark: BigInt(highWatermark),
    });
    await this.#owner.backPressure.hold(partitionKey(topic, partition), takenOver, () => payload.pause());
  }
}
