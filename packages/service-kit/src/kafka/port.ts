/** A message on its way to Kafka. The partition follows from the key (murmur2, as every Kafka client has it). */
export interface OutgoingMessage {
  readonly key: string;
  readonly value: string | Buffer | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends messages. The outbox publisher and the dead letter queue need no more of Kafka than this. */
export interface EventProducer {
  /**
   * Appends all messages to their partitions, in the given order within each key, and resolves after every in-sync
   * replica has them (acks=all). Some messages may have been written when it throws: callers must be ready to send
   * again and readers to see duplicates.
   *
   * @throws {KafkaSendError} `kind: 'unavailable'` when the cluster could not take the batch now (nothing is wrong
   *   with the messages), `kind: 'rejected'` when at least one message can never be taken (too large, not encodable).
   */
  sendBatch(topic: string, messages: readonly OutgoingMessage[]): Promise<void>;
}

/** Why a batch was not sent. */
export class KafkaSendError extends Error {
  override readonly name = 'KafkaSendError';
  readonly code = 'KAFKA_SEND_FAILED';
  readonly kind: 'unavailable' | 'rejected';

  constructor(kind: 'unavailable' | 'rejected', cause: unknown) {
    super(`Kafka send ${kind}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.kind = kind;
  }

  get retryable(): boolean {
    return this.kind === 'unavailable';
  }
}

/** A message that came from Kafka. Header values are decoded as UTF-8; a repeated header keeps its last value. */
export interface IncomingMessage {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly offset: bigint;
  /** Broker or producer time of the record, Unix milliseconds. */
  readonly timestampMs: number;
}

/** Consecutive messages of one partition. */
export interface MessageBatch {
  readonly topic: string;
  readonly partition: number;
  /** The assignment under which the batch was fetched; lower than `BatchConsumer.epoch` means: drop it. */
  readonly epoch: number;
  readonly messages: readonly IncomingMessage[];
  /** Offset that the next message to be written to the partition will get. */
  readonly highWatermark: bigint;
}

/** The offset from which the group shall continue in a partition. */
export interface OffsetCommit {
  readonly topic: string;
  readonly partition: number;
  readonly nextOffset: bigint;
}

export interface BatchHandlers {
  /**
   * Takes a batch over; it need not be processed when this resolves. While it is pending no further batch of the
   * partition comes in the same epoch and the group membership is kept alive, so that awaiting here is back-pressure.
   * Rejecting is fatal: it ends the consumer and rejects `BatchConsumer.failed`.
   */
  onBatch(batch: MessageBatch): Promise<void>;
  /** A new assignment begins. Batches of older epochs belong to somebody else now. */
  onAssigned(assignment: { readonly epoch: number; readonly partitions: ReadonlyMap<string, readonly number[]> }): void;
  /**
   * The assignment ends, also because of `stop`. May await in-flight work and commit for the epoch, which is over when
   * this resolves or after a short while. Not awaited, and too late to commit, when the brokers were lost.
   */
  onRevoked(epoch: number): Promise<void>;
}

/** A member of a consumer group that hands out batches and commits only what it is told to. */
export interface BatchConsumer {
  /** Grows when an assignment begins and when it is over; 0 before the first one. */
  readonly epoch: number;
  /**
   * Joins the group and starts to hand out batches, from the beginning of the topics where the group has no commits.
   * Resolves after the first assignment; until then it goes on trying while brokers or topics are missing.
   *
   * @throws what `failed` rejects with.
   */
  runBatches(handlers: BatchHandlers): Promise<void>;
  /**
   * Commits offsets for the group. Silently does nothing for an epoch that is over. Throws when the brokers do not take
   * the commit now; a later one makes up for it.
   */
  commitOffsets(epoch: number, offsets: readonly OffsetCommit[]): Promise<void>;
  /** Hands out no more batches, revokes the assignment, leaves the group. Idempotent; fine before `runBatches`. */
  stop(): Promise<void>;
  /** Rejects when the consumer has died for good and the process should exit; never resolves. */
  readonly failed: Promise<never>;
}
