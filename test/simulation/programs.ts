import { applyBatch } from '@orderflow/event-processor/apply/apply-batch';
import { BatchApplier } from '@orderflow/event-processor/apply/batch-applier';
import { OrderEventConsumer } from '@orderflow/event-processor/consume/order-event-consumer';
import { forwardDeadLetters } from '@orderflow/event-processor/dead-letters/forward-dead-letters';
import { EventPipeline } from '@orderflow/event-processor/event-pipeline';
import { createSalesCounters, createStreamMetrics } from '@orderflow/event-processor/metrics';
import { createPublisherMetrics } from '@orderflow/order-service/metrics';
import { OutboxPublisher } from '@orderflow/order-service/outbox/publisher';
import { ShardLeases } from '@orderflow/order-service/outbox/shard-leases';
import { systemClock } from '@orderflow/service-kit/clock';
import { silentLogger } from '@orderflow/service-kit/logger';
import { Registry } from '@orderflow/service-kit/metrics';
import { PeriodicTask } from '@orderflow/service-kit/periodic-task';
import type { Mutation } from './mutants.ts';
import type { SimulatedProcess } from './scheduler.ts';
import { SimulatedMember } from './simulated-member.ts';
import type { World } from './world.ts';

const logger = silentLogger();
const registry = new Registry();
const publisherMetrics = createPublisherMetrics(registry);
const streamMetrics = createStreamMetrics(registry);
const sales = createSalesCounters(registry);

export const LEASE_TTL_MS = 1_600;
export const REFUSALS = { maxAttempts: 4, backoff: { baseMs: 20, maxMs: 200 } } as const;

/** What runs in a process. */
export interface Program {
  /** As on SIGTERM. */
  stop(): Promise<void>;
}

/** A publisher as `compose-publisher.ts` connects it, on simulated ports. */
export function startPublisher(world: World, process: SimulatedProcess, mutation: Mutation): Program {
  const { orders, network, topic } = world;
  const leaseStore = orders.leasesFor(process, network);
  const leases = new ShardLeases(mutation.leases?.(leaseStore) ?? leaseStore, process.name, {
    ttlMs: LEASE_TTL_MS,
    renewEveryMs: LEASE_TTL_MS / 4,
    logger,
  });
  const producer = topic.producerFor(process, network);
  const outbox = orders.outboxFor(process, network);
  const publisher = new OutboxPublisher(
    {
      topic: topic.name,
      batchSize: world.scenario.batchSize,
      poll: { lingerMs: 20, idleMs: 320 },
      refusal: REFUSALS,
    },
    {
      outbox: mutation.outbox?.(outbox, process) ?? outbox,
      producer: mutation.producer?.(producer) ?? producer,
      ownedShards: () => mutation.ownedShards?.() ?? leases.owned,
      metrics: publisherMetrics,
      logger,
    },
  );
  leases.start();
  publisher.start();
  return {
    async stop() {
      await publisher.stop();
      await leases.stop();
    },
  };
}

/** An event processor as `compose-consumer.ts` and `compose-maintenance.ts` connect it, on simulated ports. */
export function startProcessor(world: World, process: SimulatedProcess, mutation: Mutation): Program {
  const { analytics, network } = world;
  const transactions = analytics.transactionsFor(process, network);
  const runTransaction = mutation.transactions?.(transactions, world) ?? transactions;
  const applyPlan = (plan: Parameters<typeof applyBatch>[1]) => applyBatch(runTransaction, plan);
  const applier = new BatchApplier({
    applyPlan: mutation.applyPlan?.(applyPlan) ?? applyPlan,
    logger,
    onRetry: () => undefined,
  });
  const forwarder = createForwarder(world, process);
  const pipeline = new EventPipeline({
    applier,
    metrics: streamMetrics,
    sales,
    clock: systemClock,
    logger,
    processingDelayMs: 0,
    onDeadLetters: () => forwarder.wake(),
  });
  const member = new SimulatedMember(process.name, process, world);
  const consumer = new OrderEventConsumer(mutation.consumer?.(member) ?? member, {
    topic: world.topic.name,
    logger,
    workers: 2,
    limits: { maxMessages: 8, maxBytes: 100_000 },
    batching: { maxItems: 6, lingerMs: 5 },
    commitIntervalMs: 250,
    revokeGraceMs: 300,
    apply: (deliveries, signal) => pipeline.process(deliveries, signal),
    readStoredOffsets: () => network.call(process, analytics, () => new Map(analytics.offsets)),
    onGap: ({ partition, firstOffset }) =>
      world.note(`${process.name} misses offsets before ${partition}/${firstOffset}`),
    onAssigned: (partitions) => world.note(`${process.name} has partitions ${partitions.join(' ')}`),
    onFailed: (error) => world.die(process, error),
  });
  forwarder.start();
  void consumer.start();
  return {
    async stop() {
      await consumer.stop();
      await forwarder.stop();
    },
  };
}

function createForwarder({ analytics, network, deadLetterTopic }: World, process: SimulatedProcess): PeriodicTask {
  const ports = {
    unforwarded: analytics.lettersFor(process, network),
    producer: deadLetterTopic.producerFor(process, network),
    dlqTopic: deadLetterTopic.name,
    logger,
    onForwarded: () => undefined,
    onRejected: () => undefined,
  };
  return new PeriodicTask({
    name: 'dead-letter-forwarder',
    intervalMs: 2_000,
    logger,
    runOnce: (signal) => forwardDeadLetters(ports, signal),
  });
}
