import { createHttpMetrics, type FinishedRequest } from '@orderflow/service-kit/http-metrics';
import { Counter, Gauge, type Registry } from '@orderflow/service-kit/metrics';

/** Every metric of the gateway. */
export interface GatewayMetrics {
  requestStarted(): void;
  /** Labels are bounded: routes are templates, methods those of the API. */
  requestEnded(request: FinishedRequest, status: number): void;
  /** An order that was never in flight: started and ended in one. */
  orderRefusedAtOnce(startedAt: number, status: number): void;
  readonly ordersRefused: Counter;
  readonly upstreamErrors: Counter<'upstream' | 'reason'>;
  readonly upstreamRetries: Counter<'upstream'>;
}

/** What is to be seen of the admission of orders; see `OrderAdmission`. */
export interface AdmissionFacts {
  readonly limit: number;
  readonly inFlight: number;
}

export function createGatewayMetrics(registry: Registry, admission?: AdmissionFacts): GatewayMetrics {
  const http = createHttpMetrics(registry);
  createAdmissionGauges(registry, admission);
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
    orderRefusedAtOnce(startedAt, status) {
      http.observe({ method: 'POST', route: '/orders', startedAt }, status);
    },
    ordersRefused: new Counter({
      name: 'orders_refused_total',
      help: 'New orders that were answered 503 because as many as the limit were on their way already.',
      registers: [registry],
    }),
    ...createUpstreamCounters(registry),
  };
}

function createUpstreamCounters(registry: Registry): Pick<GatewayMetrics, 'upstreamErrors' | 'upstreamRetries'> {
  return {
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

function createAdmissionGauges(registry: Registry, admission: AdmissionFacts | undefined): void {
  const limit: Gauge = new Gauge({
    name: 'orders_in_flight_limit',
    help: 'New orders that may be on their way to the order service; 0 while there is no limit.',
    registers: [registry],
    collect: () => limit.set(admission?.limit ?? 0),
  });
  const inFlight: Gauge = new Gauge({
    name: 'orders_in_flight',
    help: 'New orders that are on their way to the order service, where there is a limit.',
    registers: [registry],
    collect: () => inFlight.set(admission?.inFlight ?? 0),
  });
}
