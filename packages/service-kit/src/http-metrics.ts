import { Counter, Histogram, type Registry } from './metrics.ts';

/** Rate, errors and duration of HTTP requests. Routes are patterns, never raw paths: the number of series is bounded. */
export interface HttpMetrics {
  /** Records one finished request. `startedAt` comes from `performance.now()`. */
  observe(
    request: { readonly method: string; readonly route: string; readonly startedAt: number },
    status: number,
  ): void;
}

export function createHttpMetrics(registry: Registry): HttpMetrics {
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the first byte of a request to the end of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1, 3, 10],
    registers: [registry],
  });
  const server5xx = new Counter({
    name: 'http_requests_failed_total',
    help: 'Requests answered with a 5xx status.',
    labelNames: ['method', 'route'],
    registers: [registry],
  });
  return {
    observe: ({ method, route, startedAt }, status) => {
      duration.observe({ method, route, status: String(status) }, (performance.now() - startedAt) / 1000);
      if (status >= 500) server5xx.inc({ method, route });
    },
  };
}
