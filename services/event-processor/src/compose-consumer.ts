import { EVENT_HEADERS } from '@orderflow/contracts/topics';
import type { Lifecycle, ReadinessCheck } from '@orderflow/service-kit/lifecycle';
import { systemClock } from '@orderflow/service-kit/clock';
import { KafkajsConsumer } from '@orderflow/service-kit/kafka/kafkajs-consumer';
import type { Logger } from '@orderflow/service-kit/logger';
import type { Registry } from '@orderflow/service-kit/metrics';
import type { Pool } from '@orderflow/service-kit/postgres';
import { runBatch, type TracedBatch } from '@orderflow/service-kit/telemetry/tracing';
import { parseSampledTraceparent } from '@orderflow/service-kit/trace-context';
import { applyBatch } from './apply/apply-batch.ts';
import { BatchApplier } from './apply/batch-applier.ts';
import type { OffsetOwner } from './apply/batch-statements.ts';
import { createBatchTransactions } from './apply/batch-transactions.ts';
import type { Delivery } from './apply/prepared-delivery.ts';
import type { ProcessorConfig } from './config.ts';
import type { OffsetGap } from './consume/offset-tracker.ts';
import { OrderEventConsumer, type OrderEventConsumerOptions } from './consume/order-event-consumer.ts';
import { readStoredOffsets } from './consume/read-stored-offsets.ts';
import { EventPipeline } from './event-pipeline.ts';
import {
  createAssignmentMetrics,
  createConsumerGauges,
  createSalesCounters,
  createStreamMetrics,
  type StreamMetrics,
} from './metrics.ts';

/** How long a batch may pretend to take under PROCESSING_DELAY_MS, so that the brake does not outlast a rebalance. */
const MAX_DELAYED_BATCH_MS = 250;

export interface ConsumerParts {
  readonly config: ProcessorConfig;
  readonly pool: Pool;
  readonly registry: Registry;
  readonly logger: Logger;
  /** Called after dead letters were recorded. */
  readonly onDeadLetters: () => void;
}

/** Connects the consumer group with the database and adds it to the process. Returns what readiness depends on. */
export function composeConsumer(app: Lifecycle, parts: ConsumerParts): readonly ReadinessCheck[] {
  const { config, pool, registry, logger, onDeadLetters } = parts;
  const metrics = createStreamMetrics(registry);
  const owner = { consumerGroup: config.CONSUMER_GROUP, topic: config.TOPIC };
  const runTransaction = createBatchTransactions(pool, owner);
  const applier = new BatchApplier({
    applyPlan: (plan) => applyBatch(runTransaction, plan),
    logger,
    onRetry: () => metrics.batchRetries.inc(),
  });
  const pipeline = new EventPipeline({
    applier,
    metrics,
    sales: createSalesCounters(registry),
    logger,
    clock: systemClock,
    processingDelayMs: config.PROCESSING_DELAY_MS,
    onDeadLetters,
  });
  const member = new KafkajsConsumer(config.kafka, {
    logger,
    groupId: owner.consumerGroup,
    topics: [owner.topic],
  });
  const consumer = new OrderEventConsumer(member, {
    ...consumerSettings(config),
    ...consumerPorts(parts, { owner, metrics }),
    apply: (deliveries, signal) =>
      runBatch(tracedDeliveries(config, deliveries), () => pipeline.process(deliveries, signal)),
    onFailed: (error) => app.fail(error),
  });
  createConsumerGauges(registry, consumer);
  app.use(consumer);
  return [consumer, applier];
}

function tracedDeliveries(config: ProcessorConfig, deliveries: readonly Delivery[]): TracedBatch<Delivery> {
  const { TOPIC, CONSUMER_GROUP, CONSUMER_TRACE } = config;
  return {
    name: 'apply events',
    items: deliveries,
    traceOf: ({ message: { headers } }) =>
      parseSampledTraceparent(headers[EVENT_HEADERS.traceparent], headers[EVENT_HEADERS.tracestate]),
    item: {
      name: `process ${TOPIC}`,
      kind: 'consumer',
      relation: CONSUMER_TRACE,
      attributesOf: ({ partition, message: { key, offset } }) => ({
        'messaging.system': 'kafka',
        'messaging.operation.type': 'process',
        'messaging.operation.name': 'process',
        'messaging.destination.name': TOPIC,
        'messaging.destination.partition.id': String(partition),
        'messaging.consumer.group.name': CONSUMER_GROUP,
        'messaging.kafka.offset': Number(offset),
        'messaging.kafka.message.key': key?.toString() ?? '',
      }),
    },
  };
}

function consumerSettings(config: ProcessorConfig) {
  return {
    topic: config.TOPIC,
    workers: config.WORKERS,
    limits: { maxMessages: config.CHANNEL_MAX_MESSAGES, maxBytes: config.CHANNEL_MAX_BYTES },
    batching: { maxItems: batchLimit(config), lingerMs: config.BATCH_LINGER_MS },
    commitIntervalMs: config.OFFSET_COMMIT_INTERVAL_MS,
    revokeGraceMs: config.REVOKE_GRACE_MS,
  };
}

function batchLimit({ BATCH_MAX_EVENTS, PROCESSING_DELAY_MS }: ProcessorConfig): number {
  if (PROCESSING_DELAY_MS === 0) return BATCH_MAX_EVENTS;
  return Math.min(BATCH_MAX_EVENTS, Math.ceil(MAX_DELAYED_BATCH_MS / PROCESSING_DELAY_MS));
}

function consumerPorts(
  { pool, registry, logger }: ConsumerParts,
  { owner, metrics }: { readonly owner: OffsetOwner; readonly metrics: StreamMetrics },
): Pick<OrderEventConsumerOptions, 'logger' | 'readStoredOffsets' | 'onAssigned' | 'onGap'> {
  const assignment = createAssignmentMetrics(registry);
  return {
    logger,
    onAssigned: (partitions) => {
      assignment.assignments.inc();
      assignment.partitions.set(partitions.length);
    },
    readStoredOffsets: (partitions) => readStoredOffsets(pool, owner, partitions),
    onGap: ({ partition, expectedOffset, firstOffset }: OffsetGap) => {
      metrics.missingOffsets.inc(Number(firstOffset - expectedOffset));
      logger.error(
        { partition, expectedOffset: String(expectedOffset), firstOffset: String(firstOffset) },
        'offsets are missing: the topic may have dropped messages before they were read',
      );
    },
  };
}
