import { randomUUID } from 'node:crypto';
import { createAdminServer } from '@orderflow/service-kit/admin-server';
import { Lifecycle, runProcess } from '@orderflow/service-kit/lifecycle';
import { createLogger } from '@orderflow/service-kit/logger';
import { createRegistry } from '@orderflow/service-kit/metrics';
import { SchemaGate } from '@orderflow/service-kit/migrations';
import { createPool, poolComponent } from '@orderflow/service-kit/postgres';
import { createPoolMetrics } from '@orderflow/service-kit/postgres-metrics';
import { composeApi } from './compose-api.ts';
import { composePublisher } from './compose-publisher.ts';
import { readOrderServiceConfig } from './config.ts';
import { ORDER_MIGRATIONS } from './migrations.ts';
import { createOutboxPool } from './outbox/outbox-pool.ts';

await runProcess(async () => {
  const config = readOrderServiceConfig(process.env);
  const logger = createLogger({ service: 'order-service', level: config.LOG_LEVEL });
  const registry = createRegistry();
  await using app = new Lifecycle(logger, { deadlineMs: config.SHUTDOWN_DEADLINE_MS });
  const schema = new SchemaGate(config, ORDER_MIGRATIONS, { mode: config.MIGRATE ? 'migrate' : 'wait', logger });

  const admin = app.use(
    createAdminServer({ host: config.ADMIN_HOST, port: config.ADMIN_PORT, registry, checks: [schema, app] }),
  );
  app.use(schema);
  const pool = createPool(config, { logger, applicationName: 'order-service' });
  app.use(poolComponent('orders-database', pool));
  const poolMetrics = createPoolMetrics(registry);
  poolMetrics.watch('orders', pool);
  if (config.kafka !== undefined) {
    const outboxPool = createOutboxPool(config, logger);
    app.use(poolComponent('outbox-connections', outboxPool));
    poolMetrics.watch('outbox', outboxPool);
    const publisherId = randomUUID();
    composePublisher(app, { config, kafka: config.kafka, pool: outboxPool, registry, logger, publisherId });
  }
  const api = config.PUBLISHER === 'only' ? undefined : composeApi(app, { config, pool, registry, logger });
  app.use({
    name: 'announcement',
    start: () => logger.info({ httpPort: api?.port, adminPort: admin.port }, 'listening'),
  });

  await app.run();
});
