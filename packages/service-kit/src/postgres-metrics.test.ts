import { expect, test } from '@jest/globals';
import { Registry } from './metrics.ts';
import { createPoolMetrics } from './postgres-metrics.ts';

test('shows each pool as it is at the scrape', async () => {
  const registry = new Registry();
  const metrics = createPoolMetrics(registry);
  const pool = { totalCount: 0, idleCount: 0, waitingCount: 0, options: { max: 8 } };
  metrics.watch('orders', pool);
  metrics.watch('reading', { ...pool, options: { max: 2 } });
  Object.assign(pool, { totalCount: 8, idleCount: 1, waitingCount: 3 });
  const lines = (await registry.metrics()).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      'postgres_pool_connections{pool="orders"} 8',
      'postgres_pool_connections_idle{pool="orders"} 1',
      'postgres_pool_connections_max{pool="orders"} 8',
      'postgres_pool_waiting{pool="orders"} 3',
      'postgres_pool_connections{pool="reading"} 0',
      'postgres_pool_connections_max{pool="reading"} 2',
    ]),
  );
});
