import type { EventProducer } from '@orderflow/service-kit/kafka/port';
import { KafkaSendError } from '@orderflow/service-kit/kafka/port';
import type { Component } from '@orderflow/service-kit/lifecycle';
import type { Logger } from '@orderflow/service-kit/logger';
import { isRetryablePostgresError, nextBackoffMs } from '@orderflow/service-kit/retry';
import { sleep } from '@orderflow/service-kit/sleep';
import type { PublisherMetrics } from '../metrics.ts';
import type { OutboxRow, RefusedRow } from './outbox-rows.ts';
import { planNextPollMs, type PollPolicy, type PollResult } from './poll-plan.ts';
import { planRefusal, type RefusalPolicy } from './refusal-plan.ts';
import { sendRows } from './send-batch.ts';

export interface PublisherPolicy {
  readonly topic: string;
  /** Rows of one batch, over all shards. */
  readonly batchSize: number;
  readonly poll: PollPolicy;
  readonly refusal: RefusalPolicy;
}

/** The outbox as the publisher uses it; `outbox-rows.ts` says what each call means. */
export interface OutboxStore {
  readUnsent(shards: readonly number[], perShardLimit: number): Promise<OutboxRow[]>;
  deleteSent(rows: readonly OutboxRow[]): Promise<void>;
  parkOrder(refused: RefusedRow, park: { readonly attempts: number; readonly delayMs: number }): Promise<void>;
  buryRow(refused: RefusedRow, attempts: number): Promise<void>;
}

export interface PublisherPorts {
  readonly outbox: OutboxStore;
  readonly producer: EventProducer;
  /** The shards to work on, as they are now. */
  ownedShards(): readonly number[];
  readonly metrics: PublisherMetrics;
  readonly logger: Logger;
}

const OUTAGE_BACKOFF = { baseMs: 100, maxMs: 5_000 };

/**
 * Moves events from the outbox to Kafka: read the oldest, send, wait for the acknowledgement of all replicas, delete.
 * No transaction is open and no row locked while Kafka is waited for. A crash between send and delete sends the batch
 * again, which is what at-least-once means; readers dedupe by eventId. An outage of Kafka or Postgres costs no
 * attempts, however long it takes.
 */
export class OutboxPublisher implements Component {
  readonly name = 'outbox-publisher';
  readonly #policy: PublisherPolicy;
  readonly #ports: PublisherPorts;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(policy: PublisherPolicy, ports: PublisherPorts) {
    this.#policy = policy;
    this.#ports = ports;
  }

  start(): void {
    this.#running ??= this.#publishUntilStopped();
  }

  /** Finishes the batch in hand. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #publishUntilStopped(): Promise<void> {
    let emptyPolls = 0;
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      let waitMs: number;
      try {
        const result = await this.#publishOnce();
        failures = 0;
        emptyPolls = result === 'empty' ? emptyPolls + 1 : 0;
        const poll: PollResult = result === 'empty' ? { kind: 'empty', emptyPolls } : { kind: result };
        waitMs = planNextPollMs(this.#policy.poll, poll);
      } catch (error: unknown) {
        this.#reportOutage(error);
        waitMs = nextBackoffMs(OUTAGE_BACKOFF, failures, Math.random());
        failures += 1;
      }
      if (waitMs > 0) await sleep(waitMs, this.#stop.signal);
    }
  }

  async #publishOnce(): Promise<'full' | 'partial' | 'empty'> {
    const { outbox, producer, metrics } = this.#ports;
    const shards = this.#ports.ownedShards();
    if (shards.length === 0) return 'empty';
    const perShard = Math.ceil(this.#policy.batchSize / shards.length);
    const startedAtMs = performance.now();
    const rows = await outbox.readUnsent(shards, perShard);
    if (rows.length === 0) return 'empty';
    const { sent, refused } = await sendRows(producer, this.#policy.topic, rows);
    if (sent.length > 0) await outbox.deleteSent(sent);
    metrics.published.inc({ result: 'sent' }, sent.length);
    for (const refusal of refused) await this.#refuse(refusal);
    metrics.batchSize.observe(rows.length);
    metrics.batchDuration.observe((performance.now() - startedAtMs) / 1_000);
    // Some shards run dry before others, so a batch is called full when half of it is.
    return rows.length >= this.#policy.batchSize / 2 ? 'full' : 'partial';
  }

  async #refuse(refusal: RefusedRow): Promise<void> {
    const { outbox, metrics, logger } = this.#ports;
    const { orderId, eventId, attempts: earlierAttempts } = refusal.row;
    const plan = planRefusal(this.#policy.refusal, earlierAttempts, Math.random());
    const facts = { orderId, eventId, attempts: plan.attempts, reason: refusal.error };
    if (plan.kind === 'park') {
      await outbox.parkOrder(refusal, plan);
      metrics.published.inc({ result: 'refused' });
      logger.warn({ ...facts, delayMs: plan.delayMs }, 'event refused, order parked');
    } else {
      await outbox.buryRow(refusal, plan.attempts);
      metrics.published.inc({ result: 'dead' });
      logger.error(facts, 'event given up, it lies in event_outbox_dead');
    }
  }

  #reportOutage(error: unknown): void {
    const isOutage = error instanceof KafkaSendError || isRetryablePostgresError(error);
    this.#ports.metrics.published.inc({ result: 'unavailable' });
    if (isOutage) this.#ports.logger.warn({ err: error }, 'events not published, trying again');
    else this.#ports.logger.error({ err: error }, 'publishing failed, trying again');
  }
}
