import { expect, test } from '@jest/globals';
import { createGatewayMetrics } from '@orderflow/api-gateway/metrics';
import { parseRoutes } from '@orderflow/api-gateway/routes';
import { createOpenApiDocument } from '@orderflow/contracts/openapi';
import { PROBLEMS } from '@orderflow/contracts/problem-types';
import { createConsumerGauges, createSalesGauges, createStreamMetrics } from '@orderflow/event-processor/metrics';
import { showSales } from '@orderflow/event-processor/sales/sales-monitor';
import { createRegistry, Registry } from '@orderflow/service-kit/metrics';

const MOST_SERIES = 2_000;

async function countSeries(registry: Registry): Promise<number> {
  const lines = (await registry.metrics()).split('\n');
  return lines.filter((line) => line !== '' && !line.startsWith('#')).length;
}

const failures = [...new Set([...Object.values(PROBLEMS).map(({ status }) => status), 499])];

test('a gateway that meets everything that can happen has fewer than 2,000 series', async () => {
  const registry = createRegistry();
  const metrics = createGatewayMetrics(registry);
  const routes = [
    ...parseRoutes(createOpenApiDocument()),
    ...['/', '/openapi.json'].map((template) => ({ template, methods: ['GET', 'HEAD'] })),
    { template: 'none', methods: [] },
  ];
  const strange = ['PUT', 'DELETE', 'PROPFIND', 'M-SEARCH', 'PURGE'];
  for (const { template, methods } of routes) {
    for (const method of ['GET', 'HEAD', 'POST', ...strange]) {
      // What a route does not know is refused before anybody else is asked.
      const statuses = methods.includes(method) ? [200, 201, ...failures] : [404, 405, 413, 429, 499];
      for (const status of statuses) {
        metrics.requestEnded({ route: template, method, startedAt: performance.now() }, status);
      }
    }
  }
  expect(await countSeries(registry)).toBeLessThan(MOST_SERIES);
});

test('an event processor with 128 partitions and many products has fewer than 2,000 series', async () => {
  const registry = createRegistry();
  createStreamMetrics(registry);
  const partitions = Array.from({ length: 128 }, (_, partition) => [partition, 1] as const);
  createConsumerGauges(registry, { load: () => ({ messages: 0, bytes: 0 }), lag: () => new Map(partitions) });
  const gauges = createSalesGauges(registry);
  for (let day = 0; day < 500; day += 1) {
    const topProducts = Array.from({ length: 10 }, (_, rank) => ({
      productId: `product-${day}-${rank}`,
      units: 1,
      revenue: 1,
    }));
    showSales(gauges, { totals: TOTALS, perMinute: [], topProducts, updatedAt: null });
  }
  expect(await countSeries(registry)).toBeLessThan(MOST_SERIES);
});

test('the sales are shown as the report has them, with its products only', async () => {
  const registry = new Registry();
  const gauges = createSalesGauges(registry);
  const report = (productId: string) => ({
    totals: TOTALS,
    perMinute: [],
    topProducts: [{ productId, units: 7, revenue: 1 }],
    updatedAt: null,
  });
  showSales(gauges, report('tea'));
  showSales(gauges, report('coffee'));
  const lines = (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(lines).toEqual([
    'sales_orders 3',
    'sales_revenue 59.97',
    'sales_revenue_net 39.98',
    'sales_top_product_units{product="coffee"} 7',
  ]);
});

const TOTALS = {
  orders: 3,
  revenue: 59.97,
  ordersPaid: 1,
  ordersShipped: 1,
  ordersCancelled: 1,
  revenuePaid: 19.99,
  revenueCancelled: 19.99,
  revenueNet: 39.98,
};
