import type { MessageBatch } from '@orderflow/service-kit/kafka/port';

/** Offsets that are missing in front of a batch. */
export interface OffsetGap {
  readonly partition: number;
  readonly expectedOffset: bigint;
  readonly firstOffset: bigint;
}

interface PartitionOffsets {
  /** The offset after the last message that was received. */
  expected: bigint | undefined;
  /** The first offset that is not known to be in the database. */
  position: bigint | undefined;
  /** The offset after the last message that was applied here. */
  applied: bigint | undefined;
  committed: bigint | undefined;
  highWatermark: bigint;
}

/**
 * Where every assigned partition stands. A partition is applied strictly in order, so the offset to commit is the one
 * after the last applied message; nothing before it is open.
 */
export class OffsetTracker {
  readonly #partitions = new Map<number, PartitionOffsets>();

  constructor(partitions: Iterable<number>) {
    for (const partition of partitions) {
      this.#partitions.set(partition, {
        expected: undefined,
        position: undefined,
        applied: undefined,
        committed: undefined,
        highWatermark: 0n,
      });
    }
  }

  /** Tells from where the database has everything, so that a hole before the first batch shows. */
  expectFrom(stored: ReadonlyMap<number, bigint>): void {
    for (const [partition, nextOffset] of stored) {
      const offsets = this.#partitions.get(partition);
      if (offsets !== undefined) offsets.expected ??= nextOffset;
    }
  }

  /** Notes a batch that came in. Returns what is missing between it and what was there before. */
  noteReceived(batch: Pick<MessageBatch, 'partition' | 'messages' | 'highWatermark'>): OffsetGap | undefined {
    const offsets = this.#partitions.get(batch.partition);
    const firstOffset = batch.messages[0]?.offset;
    const lastOffset = batch.messages.at(-1)?.offset;
    if (offsets === undefined || firstOffset === undefined || lastOffset === undefined) return undefined;
    const expectedOffset = offsets.expected;
    offsets.expected = lastOffset + 1n;
    offsets.position ??= firstOffset;
    offsets.highWatermark = batch.highWatermark;
    if (expectedOffset === undefined || firstOffset <= expectedOffset) return undefined;
    return { partition: batch.partition, expectedOffset, firstOffset };
  }

  /** Notes that everything before `nextOffset` is in the database. */
  noteApplied(partition: number, nextOffset: bigint): void {
    const offsets = this.#partitions.get(partition);
    if (offsets === undefined) return;
    offsets.applied = nextOffset;
    offsets.position = nextOffset;
  }

  /** What has been applied and not yet committed. */
  uncommitted(): { partition: number; nextOffset: bigint }[] {
    return [...this.#partitions].flatMap(([partition, { applied, committed }]) =>
      applied === undefined || applied === committed ? [] : [{ partition, nextOffset: applied }],
    );
  }

  /** Where every partition stands of which something was applied here, committed or not. */
  applied(): { partition: number; nextOffset: bigint }[] {
    return [...this.#partitions].flatMap(([partition, { applied }]) =>
      applied === undefined ? [] : [{ partition, nextOffset: applied }],
    );
  }

  noteCommitted(offsets: readonly { readonly partition: number; readonly nextOffset: bigint }[]): void {
    for (const { partition, nextOffset } of offsets) {
      const known = this.#partitions.get(partition);
      if (known !== undefined) known.committed = nextOffset;
    }
  }

  /** Messages that are in the topic and not yet in the database, of each partition that anything was heard of. */
  lag(): ReadonlyMap<number, number> {
    const lag = new Map<number, number>();
    for (const [partition, { position, highWatermark }] of this.#partitions) {
      if (position !== undefined) lag.set(partition, Math.max(0, Number(highWatermark - position)));
    }
    return lag;
  }
}
