import type { PartitionRange } from '@orderflow/service-kit/kafka/admin-port';

interface Mark {
  readonly atMs: number;
  readonly ends: readonly PartitionRange[];
}

/** Marks that are kept; when there are more, every second one goes. */
const MAX_MARKS = 64;

/**
 * Tells how long messages have been waiting without reading them: what was the end of the topic at some moment and has
 * not been reached is at least that old. Its error is one interval of looking, or one part in 32 of a long wait.
 */
export class LagHistory {
  #marks: readonly Mark[] = [];

  /** Takes note of the topic's ends; returns since when at least one message has been waiting. */
  note({
    nowMs,
    ends,
    isReached,
  }: {
    readonly nowMs: number;
    readonly ends: readonly PartitionRange[];
    readonly isReached: (ends: readonly PartitionRange[]) => boolean;
  }): number | undefined {
    const waiting = [...this.#marks, { atMs: nowMs, ends }].filter((mark) => !isReached(mark.ends));
    this.#marks = waiting.length <= MAX_MARKS ? waiting : waiting.filter((_, index) => index % 2 === 0);
    return this.#marks[0]?.atMs;
  }
}
