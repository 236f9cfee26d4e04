import { createAdminServer } from '@orderflow/service-kit/admin-server';
import { Lifecycle, runProcess, type ReadinessCheck } from '@orderflow/service-kit/lifecycle';
import { createLogger } from '@orderflow/service-kit/logger';
import { createRegistry } from '@orderflow/service-kit/metrics';
import { SchemaGate } from '@orderflow/service-kit/migrations';
import { createPool, poolComponent } from '@orderflow/service-kit/postgres';
import { createPoolMetrics } from '@orderflow/service-kit/postgres-metrics';
import { composeConsumer } from './compose-consumer.ts';
import { composeMaintenance } from './compose-maintenance.ts';
import { composeReadApi } from './compose-read-api.ts';
import { readProcessorConfig } from './config.ts';
import { ANALYTICS_MIGRATIONS } from './migrations.ts';

/** Connections beside one per worker: for stored offsets and, two each, for the two maintenance tasks. */
const SPARE_CONNECTIONS = 5;

await runProcess(async () => {
  const config = readProcessorConfig(process.env);
  const logger = createLogger({ service: 'event-processor', level: config.LOG_LEVEL });
  const registry = createRegistry();
  await using app = new Lifecycle(logger, { deadlineMs: config.SHUTDOWN_DEADLINE_MS });

  const schema = new SchemaGate(config, ANALYTICS_MIGRATIONS, { mode: config.MIGRATE ? 'migrate' : 'wait', logger });
  const checks: ReadinessCheck[] = [app, schema];
  const admin = app.use(createAdminServer({ host: config.ADMIN_HOST, port: config.ADMIN_PORT, registry, checks }));
  app.use(schema);
  const pool = createPool(config, {
    logger,
    applicationName: 'event-processor',
    max: config.WORKERS + SPARE_CONNECTIONS,
  });
  app.use(poolComponent('analytics-pool', pool));
  const pools = createPoolMetrics(registry);
  pools.watch('analytics', pool);
  const { forwardSoon } = composeMaintenance(app, { config, pool, registry, logger });
  const api = composeReadApi(app, { config, registry, pools, logger });
  checks.push(...composeConsumer(app, { config, pool, registry, logger, onDeadLetters: forwardSoon }));
  app.use({
    name: 'announcement',
    start: () => logger.info({ httpPort: api.port, adminPort: admin.port }, 'listening'),
  });

  await app.run();
});
