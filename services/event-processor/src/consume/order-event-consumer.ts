import type { Component, ReadinessCheck } from '@orderflow/service-kit/lifecycle';
import type { BatchConsumer, BatchHandlers, MessageBatch } from '@orderflow/service-kit/kafka/port';
import type { Logger } from '@orderflow/service-kit/logger';
import { Assignment, type AssignmentOptions } from './assignment.ts';

/**
 * Every so many rounds all offsets are committed, changed or not: a commit whose reply stayed out may arrive after a
 * later one and set the group back, and where no message follows nothing else would correct that.
 */
const ROUNDS_PER_FULL_COMMIT = 20;

export interface OrderEventConsumerOptions extends Omit<AssignmentOptions, 'storedOffsets' | 'onFailed'> {
  readonly topic: string;
  readonly logger: Logger;
  /** A rebalance gave these partitions to this member. */
  readonly onAssigned: (partitions: readonly number[]) => void;
  /** The first offsets of these partitions that the database does not have. */
  readonly readStoredOffsets: (partitions: readonly number[]) => Promise<ReadonlyMap<number, bigint>>;
  /** How often offsets are committed to Kafka. What is not committed at a crash comes again and is deduplicated. */
  readonly commitIntervalMs: number;
  /** How long a rebalance may wait for the batches in hand. */
  readonly revokeGraceMs: number;
  /** The consumer or a lane died: the process must end. */
  readonly onFailed: (error: unknown) => void;
}

/** Feeds the batches of the consumer group into the lanes of the current assignment and commits what they have applied. */
export class OrderEventConsumer implements Component, ReadinessCheck, BatchHandlers {
  readonly name = 'order-event-consumer';
  readonly #consumer: BatchConsumer;
  readonly #options: OrderEventConsumerOptions;
  #assignment: Assignment | undefined;
  #commitTimer: NodeJS.Timeout | undefined;
  #commitInFlight: Promise<void> = Promise.resolve();
  #commitRounds = 0;
  #phase: 'created' | 'running' | 'stopping' = 'created';
  #stopped: Promise<void> | undefined;

  constructor(consumer: BatchConsumer, options: OrderEventConsumerOptions) {
    this.#consumer = consumer;
    this.#options = options;
  }

  reasonNotReady(): string | undefined {
    return this.#phase === 'running' ? undefined : `the consumer is ${this.#phase}`;
  }

  /** Messages and bytes that wait in the channels. */
  load(): { readonly messages: number; readonly bytes: number } {
    return this.#assignment?.load() ?? { messages: 0, bytes: 0 };
  }

  /** Messages that are not applied yet, by assigned partition. */
  lag(): ReadonlyMap<number, number> {
    return this.#assignment?.tracker.lag() ?? new Map<number, number>();
  }

  async start(): Promise<void> {
    if (this.#phase !== 'created') return;
    this.#consumer.failed.catch(this.#options.onFailed);
    await this.#consumer.runBatches(this);
    if (this.#phase !== 'created') return;
    this.#phase = 'running';
    this.#commitTimer = setInterval(() => void this.#commit(), this.#options.commitIntervalMs);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#shutDown();
    return this.#stopped;
  }

  async onBatch(batch: MessageBatch): Promise<void> {
    if (batch.topic !== this.#options.topic || batch.epoch !== this.#assignment?.epoch) return;
    await this.#assignment.accept(batch);
  }

  onAssigned({ epoch, partitions }: Parameters<BatchHandlers['onAssigned']>[0]): void {
    if (this.#phase === 'stopping') return;
    const { topic, logger, onFailed } = this.#options;
    const owned = partitions.get(topic) ?? [];
    logger.info({ epoch, partitions: owned }, 'partitions assigned');
    this.#options.onAssigned(owned);
    this.#assignment?.end(0).catch(onFailed);
    this.#assignment = new Assignment(epoch, owned, {
      ...this.#options,
      storedOffsets: this.#readStoredOffsets(owned),
    });
  }

  async onRevoked(epoch: number): Promise<void> {
    const assignment = this.#assignment;
    if (assignment?.epoch !== epoch) return;
    await this.#finish(assignment, this.#options.revokeGraceMs);
    if (this.#assignment === assignment) this.#assignment = undefined;
  }

  async #shutDown(): Promise<void> {
    this.#phase = 'stopping';
    clearInterval(this.#commitTimer);
    if (this.#assignment !== undefined) await this.#finish(this.#assignment, this.#options.revokeGraceMs);
    await this.#consumer.stop();
    this.#assignment = undefined;
  }

  async #finish(assignment: Assignment, graceMs: number): Promise<void> {
    await assignment.end(graceMs);
    await this.#commit();
  }

  /** Only ever one commit at a time, so that an older one cannot overtake. */
  #commit(): Promise<void> {
    this.#commitInFlight = this.#commitInFlight.then(() => this.#commitApplied());
    return this.#commitInFlight;
  }

  async #commitApplied(): Promise<void> {
    const assignment = this.#assignment;
    this.#commitRounds += 1;
    const isFull = this.#commitRounds % ROUNDS_PER_FULL_COMMIT === 0;
    const offsets = (isFull ? assignment?.tracker.applied() : assignment?.tracker.uncommitted()) ?? [];
    if (assignment === undefined || offsets.length === 0) return;
    const { topic, logger } = this.#options;
    try {
      await this.#consumer.commitOffsets(
        assignment.epoch,
        offsets.map((offset) => ({ topic, ...offset })),
      );
      assignment.tracker.noteCommitted(offsets);
    } catch (error: unknown) {
      // Nothing is lost: the next commit carries it, and what comes again meanwhile is deduplicated.
      logger.warn({ err: error, epoch: assignment.epoch }, 'offsets not committed');
    }
  }

  async #readStoredOffsets(partitions: readonly number[]): Promise<ReadonlyMap<number, bigint>> {
    try {
      return await this.#options.readStoredOffsets(partitions);
    } catch (error: unknown) {
      this.#options.logger.warn({ err: error }, 'stored offsets not read, gaps before them will not show');
      return new Map();
    }
  }
}
