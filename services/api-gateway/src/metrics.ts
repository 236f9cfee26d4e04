import { Counter, Gauge, Histogram, type Registry } from '@orderflow/service-kit/metrics';

export interface RequestFacts {
  readonly route: string;
  readonly method: string;
  readonly status: number;
  readonly durationMs: number;
}

/** Every metric of the gateway. */
export interface GatewayMetrics {
  requestStarted(): void;
  /** Labels are bounded: routes are templates, methods those of HTTP. */
  requestEnded(facts: RequestFacts): void;
  readonly upstreamErrors: Counter<'upstream' | 'reason'>;
  readonly upstreamRetries: Counter<'upstream'>;
}

/** Finest where the p99 of 25 ms is decided. */
const DURATION_BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createGatewayMetrics(registry: Registry): GatewayMetrics {
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'From the head of a request to the end of its answer',
    labelNames: ['route', 'method', 'status'],
    buckets: DURATION_BUCKETS_SECONDS,
    registers: [registry],
  });
  let inFlight = 0;
  const inFlightGauge: Gauge = new Gauge({
    name: 'http_requests_in_flight',
    help: 'Requests that are being answered',
    registers: [registry],
    collect: () => {
      inFlightGauge.set(inFlight);
    },
  });
  return {
    requestStarted() {
      inFlight += 1;
    },
    requestEnded({ route, method, status, durationMs }) {
      inFlight -= 1;
      duration.observe({ route, method, status }, durationMs / 1_000);
    },
    upstreamErrors: new Counter({
      name: 'upstream_errors_total',
      help: 'Upstream requests without a usable answer, by reason; retried ones included',
      labelNames: ['upstream', 'reason'],
      registers: [registry],
    }),
    upstreamRetries: new Counter({
      name: 'upstream_retries_total',
      help: 'Upstream requests that were sent a second time',
      labelNames: ['upstream'],
      registers: [registry],
    }),
  };
}
