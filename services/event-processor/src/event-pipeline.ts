import type { EventType } from '@orderflow/contracts/events';
import { EVENT_HEADERS } from '@orderflow/contracts/topics';
import type { Clock } from '@orderflow/service-kit/clock';
import type { Logger } from '@orderflow/service-kit/logger';
import { sleep } from '@orderflow/service-kit/sleep';
import { parseTraceparent } from '@orderflow/service-kit/trace-context';
import type { BatchOutcome } from './apply/apply-batch.ts';
import {
  prepareDelivery,
  type Delivery,
  type EventDelivery,
  type PreparedDelivery,
} from './apply/prepared-delivery.ts';
import type { SalesCounters, StreamMetrics } from './metrics.ts';

/** Writes prepared deliveries; see BatchApplier. */
export interface DeliveryApplier {
  apply(deliveries: readonly PreparedDelivery[], signal: AbortSignal): Promise<BatchOutcome>;
}

export interface EventPipelineOptions {
  readonly applier: DeliveryApplier;
  readonly metrics: StreamMetrics;
  readonly sales: SalesCounters;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A brake for scaling demonstrations: how long each event pretends to take. */
  readonly processingDelayMs: number;
  /** Called after the commit of a batch with dead letters. */
  readonly onDeadLetters: () => void;
}

/** What a worker does with a batch: read each message, ask its handler, write all in one transaction, count. */
export class EventPipeline {
  readonly #options: EventPipelineOptions;

  constructor(options: EventPipelineOptions) {
    this.#options = options;
  }

  /** Resolves when every delivery is in the database. Throws the signal's reason when it aborts before. */
  async process(deliveries: readonly Delivery[], signal: AbortSignal): Promise<void> {
    const { applier, clock, metrics, processingDelayMs } = this.#options;
    const startedAtMs = performance.now();
    const nowMs = clock.nowMs();
    const prepared = deliveries.map((delivery) => prepareDelivery(delivery, nowMs));
    if (processingDelayMs > 0) await sleep(processingDelayMs * deliveries.length, signal);
    const outcome = await applier.apply(prepared, signal);
    metrics.batchSize.observe(deliveries.length);
    metrics.batchDuration.observe((performance.now() - startedAtMs) / 1000);
    this.#count(outcome);
  }

  #countSales(applied: readonly EventDelivery[]): void {
    const sums = new Map<EventType, { events: number; cents: number }>();
    for (const { event } of applied) {
      const sum = sums.get(event.eventType) ?? { events: 0, cents: 0 };
      sums.set(event.eventType, { events: sum.events + 1, cents: sum.cents + event.totalCents });
    }
    const { sales } = this.#options;
    for (const [eventType, { events, cents }] of sums) {
      sales.events.inc({ event_type: eventType }, events);
      sales.amount.inc({ event_type: eventType }, cents);
    }
  }

  #count({ applied, duplicates, dead }: BatchOutcome): void {
    const { metrics, clock, logger, onDeadLetters } = this.#options;
    const nowMs = clock.nowMs();
    metrics.eventsProcessed.inc({ result: 'applied' }, applied.length);
    for (const { event, isClamped, message } of applied) {
      metrics.endToEnd.observe({
        labels: {},
        seconds: Math.max(0, nowMs - event.timestampMs) / 1000,
        trace: () => parseTraceparent(message.headers[EVENT_HEADERS.traceparent]),
      });
      if (isClamped) metrics.clampedTimestamps.inc();
    }
    this.#countSales(applied);
    metrics.eventsProcessed.inc({ result: 'duplicate' }, duplicates);
    metrics.eventsProcessed.inc({ result: 'dlq' }, dead.length);
    const [first] = dead;
    if (first === undefined) return;
    const place = { partition: first.partition, offset: String(first.message.offset) };
    // One line however many there are: a sender of rubbish must not flood the log as well.
    logger.warn({ deadLetters: dead.length, ...place, error: first.error }, 'messages became dead letters');
    onDeadLetters();
  }
}
