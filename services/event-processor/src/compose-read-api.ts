import type { SalesQuery, SalesReport } from '@orderflow/contracts/analytics';
import { createHttpMetrics } from '@orderflow/service-kit/http-metrics';
import { HttpServer } from '@orderflow/service-kit/http-server';
import type { Lifecycle } from '@orderflow/service-kit/lifecycle';
import type { Logger } from '@orderflow/service-kit/logger';
import type { Registry } from '@orderflow/service-kit/metrics';
import { createPool, poolComponent } from '@orderflow/service-kit/postgres';
import type { PoolMetrics } from '@orderflow/service-kit/postgres-metrics';
import type { ProcessorConfig } from './config.ts';
import { createSalesGauges } from './metrics.ts';
import { readSalesReport } from './sales/read-sales-report.ts';
import { createSalesApi, SALES_PATH } from './sales/sales-api.ts';
import { createSalesMonitor } from './sales/sales-monitor.ts';

const READ_CONNECTIONS = 2;

export interface ReadApiParts {
  readonly config: ProcessorConfig;
  readonly registry: Registry;
  readonly pools: PoolMetrics;
  readonly logger: Logger;
}

/** Adds the read API and the gauges of the sales, with a pool of its own and short timeouts: reading must never hold up the processing. */
export function composeReadApi(app: Lifecycle, { config, registry, pools, logger }: ReadApiParts): HttpServer {
  const { READ_TIMEOUT_MS } = config;
  const pool = createPool(
    { ...config, DATABASE_STATEMENT_TIMEOUT_MS: READ_TIMEOUT_MS, DATABASE_CONNECT_TIMEOUT_MS: READ_TIMEOUT_MS },
    { logger, applicationName: 'event-processor-read', max: READ_CONNECTIONS },
  );
  app.use(poolComponent('analytics-read-pool', pool));
  pools.watch('analytics-read', pool);
  const readReport = (query: SalesQuery): Promise<SalesReport> => readSalesReport(pool, query);
  app.use(createSalesMonitor({ readReport, gauges: createSalesGauges(registry), logger }));
  const metrics = createHttpMetrics(registry, [{ method: 'GET', route: SALES_PATH }]);
  const handler = createSalesApi({ readReport, metrics, logger });
  return app.use(
    new HttpServer({
      name: 'sales-api',
      host: config.HTTP_HOST,
      port: config.HTTP_PORT,
      handler,
      callerTrace: 'continue',
    }),
  );
}
