import { createAdminServer } from '@orderflow/service-kit/admin-server';
import { HttpServer, type RequestHandler } from '@orderflow/service-kit/http-server';
import { Lifecycle, runProcess } from '@orderflow/service-kit/lifecycle';
import { bufferedStdout, createLogger } from '@orderflow/service-kit/logger';
import { createRegistry, type Registry } from '@orderflow/service-kit/metrics';
import {
  orderAdmissionOf,
  rateLimiterOf,
  readGatewayConfig,
  upstreamSettingsOf,
  type GatewayConfig,
} from './config.ts';
import { createGateway } from './gateway.ts';
import { createGatewayMetrics } from './metrics.ts';
import { Upstream } from './upstream.ts';
import { createWarmUp } from './warm-up.ts';

await runProcess(async () => {
  const config = readGatewayConfig(process.env);
  const logger = createLogger({ service: 'api-gateway', level: config.LOG_LEVEL, destination: bufferedStdout() });
  const registry = createRegistry();
  await using app = new Lifecycle(logger, { deadlineMs: config.SHUTDOWN_DEADLINE_MS });

  const admin = app.use(createAdmin(config, registry, app));
  const settings = upstreamSettingsOf(config);
  const orders = app.use(new Upstream({ ...settings, name: 'orders', url: config.ORDER_SERVICE_URL }));
  const analytics = app.use(new Upstream({ ...settings, name: 'analytics', url: config.EVENT_PROCESSOR_URL }));
  const admission = orderAdmissionOf(config, performance.now());
  const gateway = createGateway({
    upstreams: { orders, analytics },
    logger,
    metrics: createGatewayMetrics(registry, admission),
    limiter: rateLimiterOf(config),
    admission,
    apiKeys: config.API_KEYS,
    maxBodyBytes: config.MAX_BODY_BYTES,
    trustProxyHops: config.TRUST_PROXY_HOPS,
    trustTraceparent: config.TRUST_TRACEPARENT,
  });
  app.use(createWarmUp(config));
  const server = app.use(createPublicServer(config, gateway));
  app.use({
    name: 'announcement',
    start: () => logger.info({ httpPort: server.port, adminPort: admin.port }, 'listening'),
  });
  await app.run();
});

function createPublicServer(config: GatewayConfig, handler: RequestHandler): HttpServer {
  return new HttpServer({
    name: 'http-server',
    host: config.HTTP_HOST,
    port: config.HTTP_PORT,
    maxConnections: config.MAX_CONNECTIONS,
    headersTimeoutMs: config.HEADERS_TIMEOUT_MS,
    requestTimeoutMs: config.REQUEST_TIMEOUT_MS,
    callerTrace: config.TRUST_TRACEPARENT ? 'continue' : 'link',
    handler,
  });
}

/**
 * Readiness does not ask for the upstreams' health: with them down, a gateway that takes requests can still say so
 * (503), one that is taken out of service cannot, and all gateways would be taken out at once.
 */
function createAdmin(config: GatewayConfig, registry: Registry, app: Lifecycle): HttpServer {
  return createAdminServer({ host: config.ADMIN_HOST, port: config.ADMIN_PORT, registry, checks: [app] });
}
