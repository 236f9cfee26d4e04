import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { createAdminServer } from '@orderflow/service-kit/admin-server';
import { Lifecycle, runProcess } from '@orderflow/service-kit/lifecycle';
import { createLogger } from '@orderflow/service-kit/logger';
import { createRegistry } from '@orderflow/service-kit/metrics';
import { composeController } from './compose-controller.ts';
import { readOperatorConfig } from './config.ts';
import { createClusterMetrics } from './controller/controller-metrics.ts';
import { connectCluster } from './kubernetes/cluster.ts';

await runProcess(async () => {
  const config = readOperatorConfig(process.env);
  const logger = createLogger({ service: 'operator', level: config.LOG_LEVEL });
  const registry = createRegistry();
  await using app = new Lifecycle(logger, { deadlineMs: config.SHUTDOWN_DEADLINE_MS });

  // A container that is started again has its host's name, but is not who held the lease.
  const identity = `${config.POD_NAME ?? hostname()}_${randomUUID()}`;
  const clusterMetrics = createClusterMetrics(registry);
  const cluster = connectCluster({ namespace: config.WATCH_NAMESPACE, identity, logger, ...clusterMetrics });
  const caches = {
    name: 'caches',
    reasonNotReady: () => (cluster.hasSynced() ? undefined : 'not filled from the API server yet'),
  };
  const admin = app.use(
    createAdminServer({
      host: config.ADMIN_HOST,
      port: config.ADMIN_PORT,
      registry,
      checks: [app, caches],
      reports: { '/decisions': () => reconciler.reports() },
    }),
  );
  const reconciler = composeController(app, { config, cluster, registry, logger });
  app.use({
    name: 'announcement',
    start: () => logger.info({ adminPort: admin.port, namespace: cluster.namespace, identity }, 'listening'),
  });

  await app.run();
});
