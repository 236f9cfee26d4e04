import type { KafkaConnection } from '@orderflow/service-kit/kafka/config';
import { KafkajsProducer } from '@orderflow/service-kit/kafka/kafkajs-producer';
import type { Lifecycle } from '@orderflow/service-kit/lifecycle';
import type { Logger } from '@orderflow/service-kit/logger';
import type { Registry } from '@orderflow/service-kit/metrics';
import type { Pool } from '@orderflow/service-kit/postgres';
import type { OrderServiceConfig } from './config.ts';
import { createPublisherMetrics } from './metrics.ts';
import { createBacklogMonitor } from './outbox/backlog-monitor.ts';
import { createOutboxStore } from './outbox/outbox-store.ts';
import { OutboxPublisher } from './outbox/publisher.ts';
import { createLeaseStore } from './outbox/shard-lease-rows.ts';
import { ShardLeases } from './outbox/shard-leases.ts';

const MAX_REFUSAL_BACKOFF_MS = 60_000;

export interface PublisherParts {
  readonly config: OrderServiceConfig;
  readonly kafka: KafkaConnection;
  readonly pool: Pool;
  readonly registry: Registry;
  readonly logger: Logger;
  /** Unique among all publishers that ever lived. */
  readonly publisherId: string;
}

/** Connects the outbox with Kafka, and adds the publisher to the process. */
export function composePublisher(app: Lifecycle, parts: PublisherParts): void {
  const { config, kafka, pool, registry, logger, publisherId } = parts;
  const metrics = createPublisherMetrics(registry);
  const producer = new KafkajsProducer(kafka, { logger });
  // Connects with the first batch: orders are taken while Kafka is away, their events wait in the outbox.
  app.use({ name: producer.name, stop: () => producer.stop() });
  const ttlMs = config.PUBLISHER_LEASE_TTL_MS;
  const leases = app.use(
    new ShardLeases(createLeaseStore(pool), publisherId, { ttlMs, renewEveryMs: Math.ceil(ttlMs / 4), logger }),
  );
  app.use(
    new OutboxPublisher(
      {
        topic: config.TOPIC,
        batchSize: config.PUBLISHER_BATCH_SIZE,
        poll: { lingerMs: config.PUBLISHER_LINGER_MS, idleMs: config.PUBLISHER_IDLE_MS },
        refusal: {
          maxAttempts: config.PUBLISHER_MAX_ATTEMPTS,
          backoff: { baseMs: config.PUBLISHER_BACKOFF_MS, maxMs: MAX_REFUSAL_BACKOFF_MS },
        },
      },
      { outbox: createOutboxStore(pool), producer, ownedShards: () => leases.owned, metrics, logger },
    ),
  );
  app.use(createBacklogMonitor({ pool, metrics, logger }));
}
