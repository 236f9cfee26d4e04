import { expect, test } from '@jest/globals';
import { createHttpMetrics } from './http-metrics.ts';
import { Registry } from './metrics.ts';

function createMetrics() {
  const registry = new Registry();
  return { metrics: createHttpMetrics(registry), text: () => registry.metrics() };
}

test('counts a request by method, route pattern and status', async () => {
  const { metrics, text } = createMetrics();
  const startedAt = performance.now();
  metrics.observe({ method: 'POST', route: '/orders', startedAt }, 201);
  metrics.observe({ method: 'POST', route: '/orders', startedAt }, 201);
  metrics.observe({ method: 'GET', route: '/orders/:orderId', startedAt }, 404);
  const lines = (await text()).split('\n');
  expect(lines).toContain('http_request_duration_seconds_count{method="POST",route="/orders",status="201"} 2');
  expect(lines).toContain('http_request_duration_seconds_count{method="GET",route="/orders/:orderId",status="404"} 1');
  expect(lines.some((line) => line.startsWith('http_requests_failed_total{'))).toBe(false);
});

test('measures in seconds', async () => {
  const { metrics, text } = createMetrics();
  metrics.observe({ method: 'GET', route: '/orders', startedAt: performance.now() - 2_000 }, 200);
  const lines = (await text()).split('\n');
  expect(lines).toContain('http_request_duration_seconds_bucket{le="1",method="GET",route="/orders",status="200"} 0');
  expect(lines).toContain('http_request_duration_seconds_bucket{le="10",method="GET",route="/orders",status="200"} 1');
});

test.each([
  [499, 0],
  [500, 1],
  [503, 1],
])('a status of %p makes %p failures', async (status, failures) => {
  const { metrics, text } = createMetrics();
  metrics.observe({ method: 'GET', route: '/orders', startedAt: performance.now() }, status);
  const line = 'http_requests_failed_total{method="GET",route="/orders"} 1';
  expect((await text()).split('\n').filter((each) => each === line)).toHaveLength(failures);
});
