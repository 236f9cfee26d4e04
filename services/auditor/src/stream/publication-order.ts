import { idTimestampMs } from '@orderflow/contracts/ids';
import type { StateChange } from '../observations.ts';

/** What a message is in the row of its order's messages. */
export type Arrival = 'next' | 'redelivered' | 'misordered' | 'unknown';

interface SeenOrder {
  readonly partition: number;
  readonly sequences: ReadonlySet<number>;
  /** An event of it was missing for a reason: whatever comes late then is in order. */
  readonly isExcused: boolean;
}

/** How far the clock that makes order ids may be ahead of this one. */
const CLOCK_SKEW_MS = 60_000;

/**
 * Watches that the events of an order come one after the other and in one partition. It remembers the orders it saw
 * last, two generations of `generationSize`; of an order that began before that memory nothing is said.
 */
export class PublicationOrder {
  readonly #generationSize: number;
  #young = new Map<string, SeenOrder>();
  #old = new Map<string, SeenOrder>();
  /** Every message since these moments (Unix milliseconds) is remembered. */
  #youngSinceMs: number;
  #oldSinceMs: number;

  constructor({ generationSize, sinceMs }: { readonly generationSize: number; readonly sinceMs: number }) {
    this.#generationSize = generationSize;
    this.#youngSinceMs = sinceMs;
    this.#oldSinceMs = sinceMs;
  }

  /** Takes note of a message. `nowMs` is when it was read. */
  note({ orderId, sequence }: StateChange, partition: number, nowMs: number): Arrival {
    const seen = this.#young.get(orderId) ?? this.#old.get(orderId);
    const arrival = this.#judge({ orderId, sequence, partition, seen });
    const sequences = new Set([...(seen?.sequences ?? []), sequence]);
    this.#remember(orderId, { partition, sequences, isExcused: seen?.isExcused ?? false }, nowMs);
    return arrival;
  }

  /** From now on the events of this order may come in any order: one of them had been given up. */
  excuse(orderId: string): void {
    const seen = this.#young.get(orderId);
    if (seen !== undefined) this.#young.set(orderId, { ...seen, isExcused: true });
  }

  #judge(message: {
    readonly orderId: string;
    readonly sequence: number;
    readonly partition: number;
    readonly seen: SeenOrder | undefined;
  }): Arrival {
    const { orderId, sequence, partition, seen } = message;
    const isWhole = idTimestampMs(orderId) >= this.#oldSinceMs + CLOCK_SKEW_MS;
    if (seen === undefined) {
      if (sequence === 1) return 'next';
      return isWhole ? 'misordered' : 'unknown';
    }
    if (seen.sequences.has(sequence)) return 'redelivered';
    if (seen.partition !== partition) return 'misordered';
    if (seen.isExcused || (seen.sequences.has(sequence - 1) && !hasLater(seen, sequence))) return 'next';
    return isWhole ? 'misordered' : 'unknown';
  }

  #remember(orderId: string, seen: SeenOrder, nowMs: number): void {
    this.#young.set(orderId, seen);
    if (this.#young.size < this.#generationSize) return;
    this.#old = this.#young;
    this.#oldSinceMs = this.#youngSinceMs;
    this.#young = new Map();
    this.#youngSinceMs = nowMs;
  }
}

function hasLater({ sequences }: SeenOrder, sequence: number): boolean {
  return [...sequences].some((other) => other > sequence);
}
