import type { Delivery } from '../apply/prepared-delivery.ts';
import { BoundedChannel, type ChannelLimits, type PutResult, type TakeOptions } from './bounded-channel.ts';

/** Resolves when all deliveries are in the database; throws the signal's reason when it aborts. */
export type ProcessDeliveries = (deliveries: readonly Delivery[], signal: AbortSignal) => Promise<void>;

export interface LaneOptions {
  readonly limits: ChannelLimits;
  readonly batching: TakeOptions;
  readonly process: ProcessDeliveries;
}

/** One worker and its channel. It has one batch in hand at a time, so that its partitions stay in order. */
export class Lane {
  readonly #channel: BoundedChannel<Delivery>;
  readonly #options: LaneOptions;
  readonly #abandon = new AbortController();
  readonly #running: Promise<void>;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#channel = new BoundedChannel(options.limits, bytesOfDelivery);
    this.#running = this.#run();
    this.#running.catch(() => undefined); // `running` tells whoever asks
  }

  get messages(): number {
    return this.#channel.messages;
  }

  get bytes(): number {
    return this.#channel.bytes;
  }

  /** Resolves when the lane has ended; rejects when processing failed for good. */
  get running(): Promise<void> {
    return this.#running;
  }

  accept(deliveries: readonly Delivery[]): Promise<PutResult> {
    return this.#channel.put(deliveries);
  }

  /** Drops what waits and takes nothing more; the batch in hand goes on. */
  close(): void {
    this.#channel.close();
  }

  /** Lets go of the batch in hand as well, at its next pause. */
  abandon(): void {
    this.#channel.close();
    this.#abandon.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#abandon;
    for (;;) {
      const deliveries = await this.#channel.take(this.#options.batching);
      if (deliveries.length === 0) return;
      try {
        await this.#options.process(deliveries, signal);
      } catch (error: unknown) {
        if (signal.aborted) return;
        throw error;
      }
    }
  }
}

/** What a record costs beside its key, its value and its headers, about. */
const RECORD_OVERHEAD_BYTES = 256;

function bytesOfDelivery({ message }: Delivery): number {
  return RECORD_OVERHEAD_BYTES + (message.key?.length ?? 0) + (message.value?.length ?? 0);
}
