import type { SalesQuery, SalesReport } from '@orderflow/contracts/analytics';
import type { Logger } from '@orderflow/service-kit/logger';
import { PeriodicTask } from '@orderflow/service-kit/periodic-task';
import type { SalesGauges } from '../metrics.ts';

const INTERVAL_MS = 15_000;

/** As many as the gauge of the products may have series. */
const TOP_PRODUCTS = 10;

export interface SalesMonitorPorts {
  readonly readReport: (query: SalesQuery) => Promise<SalesReport>;
  readonly gauges: SalesGauges;
  readonly logger: Logger;
}

/** Keeps the gauges of the sales fresh. Every replica reads the same database, so they all say the same. */
export function createSalesMonitor({ readReport, gauges, logger }: SalesMonitorPorts): PeriodicTask {
  return new PeriodicTask({
    name: 'sales-monitor',
    intervalMs: INTERVAL_MS,
    logger,
    runOnce: async () => showSales(gauges, await readReport({ minutes: 1, top: TOP_PRODUCTS })),
  });
}

/** Sets the gauges to what the report says; products that are no longer in it lose their series. */
export function showSales(gauges: SalesGauges, { totals, topProducts }: SalesReport): void {
  gauges.orders.set(totals.orders);
  gauges.revenue.set(totals.revenue);
  gauges.revenueNet.set(totals.revenueNet);
  gauges.topProducts.reset();
  for (const { productId, units } of topProducts) gauges.topProducts.set({ product: productId }, units);
}
