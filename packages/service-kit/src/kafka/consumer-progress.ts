import type { Clock } from '../clock.ts';
import type { PartitionLag } from './admin-port.ts';

/** Where a consumer stands in a partition that is assigned to it. */
export interface PartitionProgress {
  readonly topic: string;
  readonly partition: number;
  /** Next offset to be handed over; undefined while the assignment has handed over nothing. */
  readonly position: bigint | undefined;
  /** Unix milliseconds of the assignment or of the last progress, whichever is later. */
  readonly sinceMs: number;
}

/** `topic/partition`. */
export function partitionKey(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

/** Remembers the progress in the partitions of the current assignment. */
export class ConsumerProgress {
  readonly #clock: Clock;
  readonly #partitions = new Map<string, PartitionProgress>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(assignment: ReadonlyMap<string, readonly number[]>): void {
    this.#partitions.clear();
    for (const [topic, partitions] of assignment) {
      for (const partition of partitions) this.#record(topic, partition, undefined);
    }
  }

  end(): void {
    this.#partitions.clear();
  }

  /** The consumer's position has moved. */
  advance(topic: string, partition: number, position: bigint): void {
    if (this.#partitions.has(partitionKey(topic, partition))) this.#record(topic, partition, position);
  }

  /** Partitions without progress for that long. A partition that is held starts anew: it waits, it does not hang. */
  quietFor(ms: number, isHeld: (partitionKey: string) => boolean): readonly PartitionProgress[] {
    for (const [key, { topic, partition, position }] of this.#partitions) {
      if (isHeld(key)) this.#record(topic, partition, position);
    }
    const latestMs = this.#clock.nowMs() - ms;
    return [...this.#partitions.values()].filter(({ sinceMs }) => sinceMs <= latestMs);
  }

  #record(topic: string, partition: number, position: bigint | undefined): void {
    const sinceMs = this.#clock.nowMs();
    this.#partitions.set(partitionKey(topic, partition), { topic, partition, position, sinceMs });
  }
}

/** A partition in which messages wait that the consumer has not been handed. */
export interface LaggingPartition extends PartitionProgress {
  readonly lagMessages: bigint;
}

/** Which of the quiet partitions of one topic lag, given the lags of the whole topic. */
export function findLagging(
  quiet: readonly PartitionProgress[],
  lags: readonly PartitionLag[],
): readonly LaggingPartition[] {
  return quiet.flatMap((progress) => {
    const lag = lags.find(({ partition }) => partition === progress.partition);
    if (lag === undefined) return [];
    const lagMessages = progress.position === undefined ? lag.lagMessages : lag.high - progress.position;
    return lagMessages > 0n ? [{ ...progress, lagMessages }] : [];
  });
}
