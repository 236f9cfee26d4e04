import { createAdminServer } from '@orderflow/service-kit/admin-server';
import { HttpServer } from '@orderflow/service-kit/http-server';
import { Lifecycle, runProcess, type ReadinessCheck } from '@orderflow/service-kit/lifecycle';
import { createLogger } from '@orderflow/service-kit/logger';
import { createRegistry } from '@orderflow/service-kit/metrics';
import { PeriodicTask } from '@orderflow/service-kit/periodic-task';
import { composeAudit } from './service/compose-audit.ts';
import { readAuditorConfig } from './service/config.ts';
import { countFindings, createAuditCounters, createVerdictGauges } from './service/metrics.ts';
import { createVerdictApi } from './service/verdict-api.ts';

await runProcess(async () => {
  const config = readAuditorConfig(process.env);
  const logger = createLogger({ service: 'auditor', level: config.LOG_LEVEL });
  const registry = createRegistry();
  await using app = new Lifecycle(logger, { deadlineMs: config.SHUTDOWN_DEADLINE_MS });

  const checks: ReadinessCheck[] = [app];
  const { HTTP_HOST: host, HTTP_PORT: port, ADMIN_HOST, ADMIN_PORT } = config;
  const admin = app.use(createAdminServer({ host: ADMIN_HOST, port: ADMIN_PORT, registry, checks }));
  const counters = createAuditCounters(registry);
  const audit = composeAudit(app, { config, logger, listener: countFindings(counters) });
  createVerdictGauges(registry, audit);
  const api = app.use(new HttpServer({ name: 'verdict-api', host, port, handler: createVerdictApi(audit) }));
  const rounds = app.use(
    new PeriodicTask({
      name: 'audit',
      intervalMs: config.AUDIT_INTERVAL_MS,
      logger,
      runOnce: async (signal) => {
        const stopTimer = counters.roundDuration.startTimer();
        const before = audit.verdict().verdict;
        const hasMore = await audit.runOnce(signal).catch((error: unknown) => {
          counters.roundsFailed.inc();
          throw error;
        });
        stopTimer();
        const { findings: _, ...verdict } = audit.verdict();
        if (verdict.verdict !== before) logger.info({ verdict }, 'the verdict has changed');
        if (hasMore) rounds.wake();
      },
    }),
  );
  app.use({
    name: 'announcement',
    start: () => logger.info({ httpPort: api.port, adminPort: admin.port }, 'listening'),
  });

  await app.run();
});
