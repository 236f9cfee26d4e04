import { expect, test } from '@jest/globals';
import { createHttpMetrics } from './http-metrics.ts';
import { Registry } from './metrics.ts';

function createMetrics() {
  const registry = new Registry();
  const metrics = createHttpMetrics(registry, []);
  return { metrics, lines: async () => (await registry.metrics()).split('\n') };
}

test('counts a request by route, method and class of its status', async () => {
  const { metrics, lines } = createMetrics();
  const startedAt = performance.now();
  metrics.observe({ method: 'POST', route: '/orders', startedAt }, 201);
  metrics.observe({ method: 'POST', route: '/orders', startedAt }, 200);
  metrics.observe({ method: 'GET', route: '/orders/{orderId}', startedAt }, 404);
  expect(await lines()).toEqual(
    expect.arrayContaining([
      'http_request_duration_seconds_count{route="/orders",method="POST",status="2xx"} 2',
      'http_request_duration_seconds_count{route="/orders/{orderId}",method="GET",status="4xx"} 1',
    ]),
  );
});

test('measures in seconds', async () => {
  const { metrics, lines } = createMetrics();
  metrics.observe({ method: 'GET', route: '/orders', startedAt: performance.now() - 2_000 }, 200);
  const buckets = (await lines()).filter((line) => /_bucket{le="(1|10)"/.test(line));
  expect(buckets.map((line) => line.slice(-1))).toEqual(['0', '1']);
});

test.each([
  [399, 0],
  [404, 1],
  [499, 1],
  [503, 1],
])('a status of %p makes %p errors', async (status, errors) => {
  const { metrics, lines } = createMetrics();
  metrics.observe({ method: 'GET', route: '/orders', startedAt: performance.now() }, status);
  const line = `http_errors_total{route="/orders",method="GET",status="${status}"} 1`;
  expect((await lines()).filter((each) => each === line)).toHaveLength(errors);
});

test('methods that are not of the API are one', async () => {
  const { metrics, lines } = createMetrics();
  for (const method of ['PUT', 'PROPFIND', 'M-SEARCH']) {
    metrics.observe({ method, route: 'none', startedAt: performance.now() }, 404);
  }
  expect(await lines()).toContain('http_errors_total{route="none",method="other",status="404"} 3');
});

test('an expected route has its series before the first request', async () => {
  const registry = new Registry();
  createHttpMetrics(registry);
  const lines = (await registry.metrics()).split('\n');
  expect(lines).toContain('http_request_duration_seconds_count{route="/orders",method="POST",status="5xx"} 0');
  expect(lines).toContain('http_errors_total{route="/orders",method="POST",status="503"} 0');
});
