import { systemClock } from '@orderflow/service-kit/clock';
import { KafkajsProducer } from '@orderflow/service-kit/kafka/kafkajs-producer';
import type { Lifecycle } from '@orderflow/service-kit/lifecycle';
import type { Logger } from '@orderflow/service-kit/logger';
import type { Registry } from '@orderflow/service-kit/metrics';
import type { Pool } from '@orderflow/service-kit/postgres';
import { ADVISORY_LOCKS, withAdvisoryLock } from './advisory-lock.ts';
import type { ProcessorConfig } from './config.ts';
import { forwardDeadLetters } from './dead-letters/forward-dead-letters.ts';
import { createUnforwardedLetters } from './dead-letters/unforwarded-letters.ts';
import { createMaintenanceMetrics, type MaintenanceMetrics } from './metrics.ts';
import { PeriodicTask } from '@orderflow/service-kit/periodic-task';
import { pruneProcessedEvents } from './retention/prune-processed-events.ts';

/** How soon a dead letter that another replica left behind is picked up; its own are forwarded at once. */
const FORWARD_INTERVAL_MS = 5_000;
const HOUR_MS = 3_600_000;

export interface MaintenanceParts {
  readonly config: ProcessorConfig;
  readonly pool: Pool;
  readonly registry: Registry;
  readonly logger: Logger;
}

/** Adds the work beside the stream: forwarding dead letters and pruning old dedupe rows, each by one replica at a time. */
export function composeMaintenance(app: Lifecycle, parts: MaintenanceParts): { readonly forwardSoon: () => void } {
  const metrics = createMaintenanceMetrics(parts.registry);
  // Connects with the first dead letter.
  const producer = new KafkajsProducer(parts.config.kafka, { logger: parts.logger });
  app.use({ name: producer.name, stop: () => producer.stop() });
  const forwarder = app.use(createForwarder(parts, producer, metrics));
  app.use(createPruner(parts, metrics));
  return { forwardSoon: () => forwarder.wake() };
}

function createForwarder(
  { config, pool, logger }: MaintenanceParts,
  producer: KafkajsProducer,
  metrics: MaintenanceMetrics,
): PeriodicTask {
  const ports = {
    unforwarded: createUnforwardedLetters(pool),
    producer,
    dlqTopic: config.DLQ_TOPIC,
    logger,
    onForwarded: (letters: number) => metrics.deadLettersForwarded.inc(letters),
    onRejected: () => metrics.deadLettersRejected.inc(),
  };
  return new PeriodicTask({
    name: 'dead-letter-forwarder',
    intervalMs: FORWARD_INTERVAL_MS,
    logger,
    runOnce: async (signal) => {
      await withAdvisoryLock(pool, ADVISORY_LOCKS.forwardDeadLetters, () => forwardDeadLetters(ports, signal));
    },
  });
}

function createPruner({ config, pool, logger }: MaintenanceParts, metrics: MaintenanceMetrics): PeriodicTask {
  return new PeriodicTask({
    name: 'processed-events-retention',
    intervalMs: config.RETENTION_INTERVAL_MS,
    logger,
    runOnce: async (signal) => {
      const beforeMs = systemClock.nowMs() - config.PROCESSED_EVENTS_RETENTION_HOURS * HOUR_MS;
      const rows = await withAdvisoryLock(pool, ADVISORY_LOCKS.pruneProcessedEvents, () =>
        pruneProcessedEvents(pool, beforeMs, signal),
      );
      if (rows === undefined || rows === 0) return;
      metrics.eventsPruned.inc(rows);
      logger.info({ rows }, 'old processed events pruned');
    },
  });
}
