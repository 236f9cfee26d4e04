import type { Kafka } from 'kafkajs';
import { systemClock, type Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import { nextBackoffMs } from '../retry.ts';
import { sleep } from '../sleep.ts';
import { BackPressure } from './back-pressure.ts';
import type { PartitionLag } from './admin-port.ts';
import type { KafkaConnection } from './config.ts';
import { ConsumerEpochs, type Assignment } from './consumer-epochs.ts';
import { DEFAULT_TUNING, type ConsumerTuning } from './consumer-tuning.ts';
import { ConsumerProgress, partitionKey } from './consumer-progress.ts';
import { isGroupMovedOn, isPermanentError, KafkaConsumerError, rootMessageOf } from './kafka-errors.ts';
import { KafkajsAdmin } from './kafkajs-admin.ts';
import { createKafka } from './kafkajs-client.ts';
import { GroupSession, type GroupSessionOwner } from './kafkajs-group-session.ts';
import type { BatchConsumer, BatchHandlers, MessageBatch, OffsetCommit } from './port.ts';
import { waitForStall } from './stall-watchdog.ts';

export interface KafkajsConsumerOptions {
  readonly logger: Logger;
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly tuning?: Partial<ConsumerTuning>;
  readonly clock?: Clock;
}

/** What exists from `runBatches` on. */
interface Run {
  readonly handlers: BatchHandlers;
  readonly epochs: ConsumerEpochs;
  readonly joined: PromiseWithResolvers<void>;
}

/**
 * A group member that outlives broker failures: whenever kafkajs gives up on something temporary it is thrown away and
 * a new one joins. What only a person can mend (credentials, certificates, permissions) rejects `failed`.
 */
export class KafkajsConsumer implements BatchConsumer {
  readonly name = 'kafka-consumer';
  readonly failed: Promise<never>;
  readonly #connection: KafkaConnection;
  readonly #kafka: Kafka;
  readonly #logger: Logger;
  readonly #options: KafkajsConsumerOptions;
  readonly #tuning: ConsumerTuning;
  readonly #backPressure: BackPressure;
  readonly #clock: Clock;
  readonly #progress: ConsumerProgress;
  readonly #failure = Promise.withResolvers<never>();
  readonly #stopSignal = new AbortController();
  #run: Run | undefined;
  #session: GroupSession | undefined;
  #finished: Promise<unknown> = Promise.resolve();
  #memberId: string | null = null;
  #failedAttempts = 0;
  #restarts = 0;

  constructor(connection: KafkaConnection, options: KafkajsConsumerOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#tuning = { ...DEFAULT_TUNING, ...options.tuning };
    this.#logger = options.logger.child({ groupId: options.groupId });
    this.#kafka = createKafka(connection, this.#logger);
    this.#backPressure = new BackPressure({ patienceMs: this.#tuning.patienceMs });
    this.#clock = options.clock ?? systemClock;
    this.#progress = new ConsumerProgress(this.#clock);
    this.failed = this.#failure.promise;
    this.failed.catch(() => undefined); // nobody need be listening yet
  }

  get epoch(): number {
    return this.#run?.epochs.current ?? 0;
  }

  /** How often kafkajs gave up and was replaced. */
  get restarts(): number {
    return this.#restarts;
  }

  /** @throws {KafkaConsumerError} when the group cannot be joined for a reason that no retry mends. */
  async runBatches(handlers: BatchHandlers): Promise<void> {
    if (this.#run !== undefined) throw new Error('runBatches was called before');
    const epochs = new ConsumerEpochs(handlers, {
      revokeDeadlineMs: this.#tuning.revokeDeadlineMs,
      onHandlerError: (error) => this.#fail(new KafkaConsumerError('revoking partitions failed', error)),
    });
    this.#run = { handlers, epochs, joined: Promise.withResolvers() };
    this.#finished = Promise.all([this.#keepJoined(this.#run), this.#watch()]);
    await Promise.race([this.#run.joined.promise, this.failed]);
  }

  async commitOffsets(epoch: number, offsets: readonly OffsetCommit[]): Promise<void> {
    if (offsets.length === 0 || this.#run?.epochs.takesCommits(epoch) !== true) return;
    try {
      await this.#session?.commitOffsets(offsets);
    } catch (error: unknown) {
      if (!isGroupMovedOn(error)) throw error;
      this.#logger.debug({ epoch, err: error }, 'offsets not committed: the group has moved on');
    }
  }

  async stop(): Promise<void> {
    this.#stopSignal.abort();
    await this.#run?.epochs.revoke();
    this.#session?.stop();
    await this.#finished;
    this.#run?.joined.resolve();
  }

  async #keepJoined(run: Run): Promise<void> {
    const { signal } = this.#stopSignal;
    while (!signal.aborted) {
      try {
        await this.#runSession(run);
      } catch (error: unknown) {
        if (isPermanentError(error)) return this.#fail(new KafkaConsumerError('Kafka consumer failed', error));
        this.#restarts += 1;
        this.#logger.warn(
          { reason: rootMessageOf(error), restarts: this.#restarts },
          'kafka consumer lost, joining again',
        );
        const { restartBaseMs: baseMs, restartMaxMs: maxMs } = this.#tuning;
        await sleep(nextBackoffMs({ baseMs, maxMs }, this.#failedAttempts, Math.random()), signal);
        this.#failedAttempts += 1;
      }
    }
  }

  async #runSession(run: Run): Promise<void> {
    const { groupId, topics } = this.#options;
    this.#session = new GroupSession(this.#kafka, { groupId, topics, tuning: this.#tuning }, this.#ownerFor(run));
    try {
      await this.#session.run();
    } finally {
      await this.#end(run);
    }
  }

  #ownerFor(run: Run): GroupSessionOwner {
    return {
      backPressure: this.#backPressure,
      epoch: () => run.epochs.current,
      beforeJoin: () => this.#end(run),
      memberId: () => this.#memberId,
      onJoined: (partitions, memberId) => {
        this.#memberId = memberId;
        this.#begin(run, partitions);
      },
      takesBatches: (epoch) => !this.#stopSignal.signal.aborted && run.epochs.takesBatches(epoch),
      onBatch: (batch) => this.#handOver(run, batch),
      onProgress: (topic, partition, nextOffset) => this.#progress.advance(topic, partition, nextOffset),
    };
  }

  #begin(run: Run, partitions: Assignment): void {
    if (this.#stopSignal.signal.aborted) return;
    this.#failedAttempts = 0;
    this.#backPressure.releaseAll();
    this.#progress.begin(partitions);
    run.epochs.assign(partitions);
    run.joined.resolve();
    this.#logger.debug({ epoch: run.epochs.current, partitions: Object.fromEntries(partitions) }, 'group joined');
  }

  async #end(run: Run): Promise<void> {
    this.#progress.end();
    await run.epochs.revoke();
  }

  async #handOver(run: Run, batch: MessageBatch): Promise<void> {
    try {
      await run.handlers.onBatch(batch);
    } catch (error: unknown) {
      this.#fail(new KafkaConsumerError(`batch of ${batch.topic}/${batch.partition} was not taken over`, error));
    }
  }

  /** Ends everything; the one who listens to `failed` exits. */
  #fail(error: KafkaConsumerError): void {
    this.#failure.reject(error);
    void this.stop();
  }

  async #watch(): Promise<void> {
    const stalled = await waitForStall(
      {
        logger: this.#logger,
        clock: this.#clock,
        stallAfterMs: this.#tuning.stallAfterMs,
        findQuiet: (ms) => this.#progress.quietFor(ms, (key) => this.#backPressure.isHeld(key)),
        readLag: (topic) => this.#readLag(topic),
      },
      this.#stopSignal.signal,
    );
    if (stalled.length === 0) return;
    const partitions = stalled.map(({ topic, partition }) => partitionKey(topic, partition));
    this.#fail(new KafkaConsumerError(`Kafka consumer hangs: nothing was fetched from ${partitions.join(', ')}`));
  }

  /** Over a connection of its own: the consumer's may be what hangs. */
  async #readLag(topic: string): Promise<readonly PartitionLag[]> {
    const admin = new KafkajsAdmin(this.#connection, { logger: this.#logger });
    try {
      return await admin.groupLag(this.#options.groupId, topic);
    } finally {
      await admin.stop();
    }
  }
}
