import { createHttpMetrics, type FinishedRequest } from '@orderflow/service-kit/http-metrics';
import { Counter, Gauge, type Registry } from '@orderflow/service-kit/metrics';

/** Every metric of the gateway. */
export interface GatewayMetrics {
  requestStarted(): void;
  /** Labels are bounded: routes are templates, methods those of the API. */
  requestEnded(request: FinishedRequest, status: number): void;
  readonly upstreamErrors: Counter<'upstream' | 'reason'>;
  readonly upstreamRetries: Counter<'upstream'>;
}

export function createGatewayMetrics(registry: Registry): GatewayMetrics {
  const http = createHttpMetrics(registry);
  let inFlight = 0;
  const inFlightGauge: Gauge = new Gauge({
    name: 'http_requests_in_flight',
    help: 'Requests that are being answered.',
    registers: [registry],
    collect: () => {
      inFlightGauge.set(inFlight);
    },
  });
  return {
    requestStarted() {
      inFlight += 1;
    },
    requestEnded(request, status) {
      inFlight -= 1;
      http.observe(request, status);
    },
    upstreamErrors: new Counter({
      name: 'upstream_errors_total',
      help: 'Upstream requests without a usable answer, by reason; retried ones included.',
      labelNames: ['upstream', 'reason'],
      registers: [registry],
    }),
    upstreamRetries: new Counter({
      name: 'upstream_retries_total',
      help: 'Upstream requests that were sent a second time.',
      labelNames: ['upstream'],
      registers: [registry],
    }),
  };
}
