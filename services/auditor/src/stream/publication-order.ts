import { idTimestampMs } from '@orderflow/contracts/ids';
import type { StateChange } from '../observations.ts';

/** What a message is in the row of its order's messages. */
export type Arrival = 'next' | 'redelivered' | 'misordered' | 'unknown';

interface SeenOrder {
  readonly partition: number;
  /** The sequences that came, one bit each: a hundred thousand Sets would be 15 MB. */
  readonly sequences: number;
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
    const sequences = (seen?.sequences ?? 0) | bitOf(sequence);
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
    const bit = bitOf(sequence);
    if ((seen.sequences & bit) !== 0) return 'redelivered';
    if (seen.partition !== partition) return 'misordered';
    // Of those that came, the one before is the last.
    if (seen.isExcused || bitOf(sequence - 1) === highestBit(seen.sequences)) return 'next';
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

/** An order has three state changes at most; events beyond the 31st, which others find foreign, share one bit. */
function bitOf(sequence: number): number {
  return 1 << Math.min(sequence, 31);
}

function highestBit(bits: number): number {
  return 1 << (31 - Math.clz32(bits));
}
