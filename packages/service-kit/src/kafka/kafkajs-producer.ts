import type { Kafka, PartitionerArgs, Producer } from 'kafkajs';
import type { Logger } from '../logger.ts';
import { sleep } from '../sleep.ts';
import { sendMessages } from '../telemetry/tracing.ts';
import type { KafkaConnection } from './config.ts';
import { isUnsettled, toSendError } from './kafka-errors.ts';
import { createKafka } from './kafkajs-client.ts';
import { splitByBytes, validateMessages } from './outgoing-messages.ts';
import { partitionForKey } from './partitioner.ts';
import { KafkaSendError, type EventProducer, type OutgoingMessage } from './port.ts';

const ACKS_ALL = -1;

/** How long the broker may wait for the in-sync replicas. Below the client's request timeout. */
const REPLICATION_TIMEOUT_MS = 5_000;

/** Below the brokers' default `max.message.bytes` (1 MiB), which bounds what one partition may get in one request. */
const MAX_REQUEST_BYTES = 768 * 1024;

/** Waits before trying again after a broker has said that it does not lead a partition. */
const RETRY_DELAYS_MS = [50, 200, 500];

/** One kafkajs producer and how many sends are using it. */
interface Session {
  readonly producer: Promise<Producer>;
  sendsInFlight: number;
  isRetired: boolean;
}

/**
 * Sends with acks=all, one request at a time per broker, over connections that are thrown away after any failure.
 * Calls that overlap have no order among each other.
 *
 * Not idempotent on purpose: a lost reply then can only duplicate messages, which readers drop by event id. The
 * idempotent producer of kafkajs 2.2.4 reuses sequence numbers after an exhausted retry, so that the broker takes the
 * next, different batch for a duplicate: acknowledged and not written. Its own retries are off because of a second
 * hole: when a partition moves, between two tries, to a broker that has already acknowledged other partitions of the
 * batch, kafkajs reports success without having sent it.
 */
export class KafkajsProducer implements EventProducer {
  readonly name = 'kafka-producer';
  readonly #kafka: Kafka;
  readonly #logger: Logger;
  readonly #closing = new Set<Promise<void>>();
  #session: Session | undefined;
  #isStopped = false;

  constructor(connection: KafkaConnection, options: { readonly logger: Logger }) {
    this.#logger = options.logger;
    this.#kafka = createKafka(connection, options.logger);
  }

  /**
   * Connects. Optional: the first send connects as well.
   *
   * @throws {KafkaSendError} `unavailable` when no broker can be reached or the credentials are refused.
   */
  async start(): Promise<void> {
    this.#isStopped = false;
    await this.#withProducer(() => Promise.resolve());
  }

  async sendBatch(topic: string, messages: readonly OutgoingMessage[]): Promise<void> {
    validateMessages(messages);
    for (const part of splitByBytes(messages, MAX_REQUEST_BYTES)) await this.#sendPart(topic, part);
  }

  /** Waits for what is being sent, then closes the connections. Idempotent. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#session !== undefined) this.#retire(this.#session);
    await Promise.all(this.#closing);
  }

  /** Follows a partition that has just moved; every other failure is the caller's to retry. */
  async #sendPart(topic: string, messages: OutgoingMessage[]): Promise<void> {
    for (const delayMs of [...RETRY_DELAYS_MS, undefined]) {
      try {
        await this.#withProducer(async (producer) => {
          const request = { topic, messages, acks: ACKS_ALL, timeout: REPLICATION_TIMEOUT_MS };
          await sendMessages({ topic, messages }, () => producer.send(request));
        });
        return;
      } catch (error: unknown) {
        if (delayMs === undefined || !isUnsettled(error)) throw error;
        await sleep(delayMs);
      }
    }
  }

  async #withProducer(use: (producer: Producer) => Promise<void>): Promise<void> {
    if (this.#isStopped) throw new KafkaSendError('unavailable', new Error('the producer is stopped'));
    const session = (this.#session ??= { producer: this.#connect(), sendsInFlight: 0, isRetired: false });
    session.sendsInFlight += 1;
    try {
      await use(await session.producer);
    } catch (error: unknown) {
      this.#retire(session);
      throw toSendError(error);
    } finally {
      session.sendsInFlight -= 1;
      this.#closeWhenUnused(session);
    }
  }

  async #connect(): Promise<Producer> {
    const producer = this.#kafka.producer({
      createPartitioner: () => partitionOf,
      allowAutoTopicCreation: false,
      idempotent: false,
      maxInFlightRequests: 1,
      retry: { retries: 0 },
    });
    try {
      await producer.connect();
      return producer;
    } catch (error: unknown) {
      await producer.disconnect().catch(() => undefined);
      throw error;
    }
  }

  /** The next send gets new connections and new metadata. */
  #retire(session: Session): void {
    session.isRetired = true;
    if (this.#session === session) this.#session = undefined;
    this.#closeWhenUnused(session);
  }

  /** Not earlier: kafkajs reconnects a disconnected producer in the middle of a send, and nobody would close that. */
  #closeWhenUnused(session: Session): void {
    if (!session.isRetired || session.sendsInFlight > 0) return;
    const closed = this.#close(session);
    this.#closing.add(closed);
    void closed.finally(() => this.#closing.delete(closed));
  }

  async #close(session: Session): Promise<void> {
    try {
      await (await session.producer).disconnect();
    } catch (error: unknown) {
      this.#logger.debug({ err: error }, 'retired kafka producer was not connected');
    }
  }
}

function partitionOf({ message, partitionMetadata }: PartitionerArgs): number {
  return partitionForKey(message.key ?? '', partitionMetadata.length);
}
