import { Counter, type Registry } from './metrics.ts';
import { TracedHistogram, type TraceSource } from './traced-histogram.ts';

export interface FinishedRequest {
  readonly method: string;
  /** The path's template, `/orders/{orderId}`; never the path itself. */
  readonly route: string;
  /** From `performance.now()`. */
  readonly startedAt: number;
  readonly trace?: TraceSource | undefined;
}

/** Rate, errors and duration of HTTP requests. */
export interface HttpMetrics {
  /** Records one finished request. */
  observe(request: FinishedRequest, status: number): void;
}

/** 300 ms is the objective of POST /orders, 25 ms what it usually takes at most; 50 and 250 ms tell how it degrades. */
const BUCKETS_SECONDS = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.3, 0.5, 1, 2.5, 10];

/** The methods of the API. A stranger may send forty others, and each would be series of its own. */
const METHODS = ['GET', 'HEAD', 'POST'];

const STATUS_CLASSES = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'] as const;

/** `expected` are routes whose series exist from the start on. */
export function createHttpMetrics(
  registry: Registry,
  expected: readonly { readonly method: string; readonly route: string }[] = [{ method: 'POST', route: '/orders' }],
): HttpMetrics {
  const duration = new TracedHistogram(registry, {
    name: 'http_request_duration_seconds',
    help: 'From the head of a request to the end of its answer, by class of the status.',
    labelNames: ['route', 'method', 'status'],
    buckets: BUCKETS_SECONDS,
  });
  const errors = new Counter({
    name: 'http_errors_total',
    help: 'Requests that were not answered with success, by status; 499: the client left before it had its answer.',
    labelNames: ['route', 'method', 'status'],
    registers: [registry],
  });
  for (const { route, method } of expected) {
    for (const status of ['2xx', '4xx', '5xx']) duration.expect({ route, method, status });
    for (const status of ['500', '503']) errors.inc({ route, method, status }, 0);
  }
  return {
    observe: ({ method: sent, route, startedAt, trace }, status) => {
      const method = METHODS.includes(sent) ? sent : 'other';
      const labels = { route, method, status: STATUS_CLASSES[Math.floor(status / 100)] ?? 'none' };
      duration.observe({ labels, seconds: (performance.now() - startedAt) / 1_000, trace });
      if (status >= 400) errors.inc({ route, method, status: String(status) });
    },
  };
}
