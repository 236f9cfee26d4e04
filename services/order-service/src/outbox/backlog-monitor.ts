import type { Logger } from '@orderflow/service-kit/logger';
import { PeriodicTask } from '@orderflow/service-kit/periodic-task';
import type { Pool } from '@orderflow/service-kit/postgres';
import type { PublisherMetrics } from '../metrics.ts';
import { measureBacklog } from './outbox-rows.ts';

const INTERVAL_MS = 5_000;
const COUNT_LIMIT = 1_000_000;

/** Keeps the gauges of the outbox fresh. */
export function createBacklogMonitor(ports: {
  readonly pool: Pool;
  readonly metrics: PublisherMetrics;
  readonly logger: Logger;
}): PeriodicTask {
  const { pool, metrics, logger } = ports;
  return new PeriodicTask({
    name: 'outbox-backlog-monitor',
    intervalMs: INTERVAL_MS,
    logger,
    runOnce: async () => {
      const backlog = await measureBacklog(pool, COUNT_LIMIT);
      metrics.unsent.set(backlog.unsent);
      metrics.oldestAge.set(backlog.oldestAgeSeconds);
      metrics.parked.set(backlog.parked);
      metrics.dead.set(backlog.dead);
    },
  });
}
