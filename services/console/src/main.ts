import { createAdminServer } from '@orderflow/service-kit/admin-server';
import { HttpServer } from '@orderflow/service-kit/http-server';
import { Lifecycle, runProcess } from '@orderflow/service-kit/lifecycle';
import { createLogger } from '@orderflow/service-kit/logger';
import { createRegistry } from '@orderflow/service-kit/metrics';
import { readConsoleConfig } from './config.ts';
import { createConsoleApp } from './console-app.ts';
import { createFaultCall } from './fault-call.ts';
import { createGatewayCall } from './gateway-call.ts';
import { createFinder } from './create-finder.ts';
import { createConsoleMetrics, outcomeOf } from './metrics.ts';
import { PlatformSource } from './platform-source.ts';
import { createReceiptKeeper } from './receipt-keeper.ts';
import { Watch } from './watch.ts';

await runProcess(async () => {
  const config = readConsoleConfig(process.env);
  const logger = createLogger({ service: 'console', level: config.LOG_LEVEL });
  const registry = createRegistry();
  await using app = new Lifecycle(logger, { deadlineMs: config.SHUTDOWN_DEADLINE_MS });

  const { HTTP_HOST: host, HTTP_PORT: port, ADMIN_HOST, ADMIN_PORT } = config;
  const admin = app.use(createAdminServer({ host: ADMIN_HOST, port: ADMIN_PORT, registry, checks: [app] }));
  const source = new PlatformSource({
    gatewayUrl: config.GATEWAY_URL,
    gatewayApiKey: config.GATEWAY_API_KEY,
    auditorUrl: config.AUDITOR_URL,
    findSurroundings: createFinder(config),
  });
  const watch = new Watch({
    look: () => source.look(Date.now),
    nowMs: Date.now,
    intervalMs: config.CONSOLE_POLL_MS,
    maxViewers: config.CONSOLE_MAX_VIEWERS,
    traceUrlTemplate: config.TRACE_URL_TEMPLATE,
    onLook: () => metrics.looks.inc(),
  });
  const metrics = createConsoleMetrics(registry, () => watch.viewers);
  const handler = createConsoleApp({
    viewers: watch,
    callGateway: createGatewayCall({ url: config.GATEWAY_URL, headers: source.headers() }),
    keepReceipt: createReceiptKeeper(config.RECEIPTS_FILE),
    injectFault: createFaultCall(config.PLATFORM_FILE),
    password: config.CONSOLE_API_KEY,
    allowedHosts: config.CONSOLE_ALLOWED_HOSTS,
    logger,
    onAction: (status) => metrics.actions.inc({ outcome: outcomeOf(status) }),
  });
  const server = app.use(new HttpServer({ name: 'http-server', host, port, handler, drainGraceMs: 0 }));
  app.use(watch); // stopped before the server, which waits for the streams
  app.use({
    name: 'announcement',
    start: () => logger.info({ httpPort: server.port, adminPort: admin.port }, 'listening'),
  });
  await app.run();
});
