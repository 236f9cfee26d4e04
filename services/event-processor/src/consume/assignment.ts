import type { MessageBatch } from '@orderflow/service-kit/kafka/port';
import { sleep } from '@orderflow/service-kit/sleep';
import { planLanes } from './plan-lanes.ts';
import { Lane, type LaneOptions } from './lane.ts';
import { OffsetTracker, type OffsetGap } from './offset-tracker.ts';
import type { Delivery } from '../apply/prepared-delivery.ts';

/** Applies deliveries; resolves when the database has them. */
export type ApplyDeliveries = (deliveries: readonly Delivery[], signal: AbortSignal) => Promise<void>;

export interface AssignmentOptions extends Omit<LaneOptions, 'process'> {
  readonly workers: number;
  readonly apply: ApplyDeliveries;
  /** From where the database has the partitions; nothing when it cannot be asked. */
  readonly storedOffsets: Promise<ReadonlyMap<number, bigint>>;
  readonly onGap: (gap: OffsetGap) => void;
  /** A lane died. */
  readonly onFailed: (error: unknown) => void;
}

/**
 * The partitions that this member owns for one epoch, and the lanes that work on them. Nothing outlives the epoch:
 * the next one gets new channels, so that a batch fetched for an old one cannot be applied in it.
 */
export class Assignment {
  readonly epoch: number;
  readonly tracker: OffsetTracker;
  readonly #lanes: readonly Lane[];
  readonly #laneOf: ReadonlyMap<number, Lane>;
  readonly #options: AssignmentOptions;

  constructor(epoch: number, partitions: readonly number[], options: AssignmentOptions) {
    this.epoch = epoch;
    this.#options = options;
    this.tracker = new OffsetTracker(partitions);
    const plan = planLanes(partitions, options.workers);
    this.#lanes = plan.map(() => this.#openLane());
    this.#laneOf = new Map(
      plan.flatMap((owned, index) => {
        const lane = this.#lanes[index];
        return lane === undefined ? [] : owned.map((partition): [number, Lane] => [partition, lane]);
      }),
    );
  }

  /** Messages and bytes that wait in the channels. */
  load(): { readonly messages: number; readonly bytes: number } {
    return this.#lanes.reduce(
      (sum, lane) => ({ messages: sum.messages + lane.messages, bytes: sum.bytes + lane.bytes }),
      { messages: 0, bytes: 0 },
    );
  }

  /** Queues a batch; resolves when the channel of its lane has taken all of it, or when the epoch ends. */
  async accept(batch: MessageBatch): Promise<void> {
    const lane = this.#laneOf.get(batch.partition);
    if (lane === undefined) return;
    this.tracker.expectFrom(await this.#options.storedOffsets);
    const gap = this.tracker.noteReceived(batch);
    if (gap !== undefined) this.#options.onGap(gap);
    const { partition } = batch;
    await lane.accept(batch.messages.map((message) => ({ partition, message })));
  }

  /** Drops what waits, lets the batches in hand come to their end for at most `graceMs`, then lets go of them. */
  async end(graceMs: number): Promise<void> {
    for (const lane of this.#lanes) lane.close();
    const idle = new AbortController();
    const ended = Promise.allSettled(this.#lanes.map((lane) => lane.running)).then(() => idle.abort());
    await Promise.race([ended, sleep(graceMs, idle.signal)]);
    for (const lane of this.#lanes) lane.abandon();
  }

  #openLane(): Lane {
    const { limits, batching, workers, onFailed } = this.#options;
    const lane = new Lane({
      // Each lane has its own share: one that is stuck holds up no other.
      limits: { maxMessages: Math.ceil(limits.maxMessages / workers), maxBytes: Math.ceil(limits.maxBytes / workers) },
      batching,
      process: (deliveries, signal) => this.#process(deliveries, signal),
    });
    lane.running.catch(onFailed);
    return lane;
  }

  async #process(deliveries: readonly Delivery[], signal: AbortSignal): Promise<void> {
    await this.#options.apply(deliveries, signal);
    for (const { partition, message } of deliveries) this.tracker.noteApplied(partition, message.offset + 1n);
  }
}
