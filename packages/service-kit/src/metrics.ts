import { collectDefaultMetrics, Registry as ClientRegistry, type OpenMetricsContentType } from 'prom-client';

export { Counter, Gauge, Histogram } from 'prom-client';

/** A set of metrics, written as OpenMetrics: the only text format that carries exemplars. */
export class Registry extends ClientRegistry<OpenMetricsContentType> {
  constructor() {
    super(ClientRegistry.OPENMETRICS_CONTENT_TYPE);
  }
}

/** What the client collects by itself and nobody looks at: address space, the same twice, old names of Node.js. */
const NOT_WANTED = [
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
  'nodejs_eventloop_utilization_summary',
  'process_heap_bytes',
  'process_virtual_memory_bytes',
];

/** A registry with the runtime's own metrics (event loop, heap, CPU). One per process. */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of NOT_WANTED) registry.removeSingleMetric(name);
  return registry;
}
