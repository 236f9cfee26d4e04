import {
  KafkaSendError,
  type EventProducer,
  type IncomingMessage,
  type OutgoingMessage,
} from '@orderflow/service-kit/kafka/port';
import { partitionForKey } from '@orderflow/service-kit/kafka/partitioner';
import type { Network, SimulatedServer } from './network.ts';
import type { Scheduler, SimulatedProcess } from './scheduler.ts';
import { EPOCH_MS } from './virtual-time.ts';

/** All brokers as one: they are there or away together. */
export class SimulatedBrokers implements SimulatedServer {
  readonly name = 'Kafka';
  downUntilMs = 0;

  unreachable(): Error {
    return new KafkaSendError('unavailable', new Error('the request timed out'));
  }
}

export interface FetchedMessages {
  readonly messages: readonly IncomingMessage[];
  readonly highWatermark: bigint;
}

export interface FetchRequest {
  readonly partition: number;
  readonly position: bigint;
  readonly maxMessages: number;
  readonly maxWaitMs: number;
}

/** Whether the topic takes a message, when it is asked to append `together` of them to one partition. */
export type AcceptsMessage = (message: OutgoingMessage, together: number) => boolean;

/** A topic: what was appended to each partition, in order. */
export class SimulatedTopic {
  readonly name: string;
  readonly partitions: readonly IncomingMessage[][];
  readonly #brokers: SimulatedBrokers;
  readonly #scheduler: Scheduler;
  readonly #accepts: AcceptsMessage;
  readonly #waiting: (() => void)[][];

  constructor(
    brokers: SimulatedBrokers,
    scheduler: Scheduler,
    {
      name,
      partitions,
      accepts,
    }: { readonly name: string; readonly partitions: number; readonly accepts: AcceptsMessage },
  ) {
    this.#brokers = brokers;
    this.#scheduler = scheduler;
    this.name = name;
    this.#accepts = accepts;
    this.partitions = Array.from({ length: partitions }, () => []);
    this.#waiting = Array.from({ length: partitions }, () => []);
  }

  get messages(): readonly IncomingMessage[] {
    return this.partitions.flat();
  }

  end(partition: number): bigint {
    return BigInt(this.partitions[partition]?.length ?? 0);
  }

  /**
   * Sends as the producer of ADR 5 does: the messages of each partition in a request of their own, taken or refused
   * whole; the failure of one fails the batch, while the others may have been appended or still are on their way.
   */
  producerFor(process: SimulatedProcess, network: Network): EventProducer {
    return {
      sendBatch: async (_topic, messages) => {
        const byPartition = Map.groupBy(messages, ({ key }) => partitionForKey(key, this.partitions.length));
        await Promise.all(
          [...byPartition].map(([partition, part]) =>
            network.call(process, this.#brokers, () => this.append(partition, part)),
          ),
        );
      },
    };
  }

  append(partition: number, messages: readonly OutgoingMessage[]): void {
    const log = this.partitions[partition];
    if (log === undefined) throw new RangeError(`no partition ${partition}`);
    if (messages.filter((message) => !this.#accepts(message, messages.length)).length > 0) {
      throw new KafkaSendError('rejected', new Error('the message is too large'));
    }
    for (const { key, value, headers = {} } of messages) {
      log.push({
        key: Buffer.from(key),
        value: typeof value === 'string' ? Buffer.from(value) : value,
        headers,
        offset: BigInt(log.length),
        timestampMs: EPOCH_MS + Math.floor(this.#scheduler.nowMs),
      });
    }
    for (const wake of this.#waiting[partition]?.splice(0) ?? []) wake();
  }

  /** Messages from a position on; waits for a while when there are none. */
  async fetch({ partition, position, maxMessages, maxWaitMs }: FetchRequest): Promise<FetchedMessages> {
    const log = this.partitions[partition] ?? [];
    if (BigInt(log.length) <= position) await this.#untilAppended(partition, maxWaitMs);
    const messages = log.slice(Number(position), Number(position) + maxMessages);
    return { messages, highWatermark: BigInt(log.length) };
  }

  #untilAppended(partition: number, maxWaitMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting[partition]?.push(resolve);
    this.#scheduler.afterAsWorld(maxWaitMs, resolve);
    return promise;
  }
}
