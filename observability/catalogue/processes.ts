import { createGatewayMetrics } from '@orderflow/api-gateway/metrics';
import { createAuditCounters, createVerdictGauges } from '@orderflow/auditor/service/metrics';
import { AuditBook } from '@orderflow/auditor/service/audit-book';
import { BEFORE_THE_FIRST_ROUND, judge } from '@orderflow/auditor/service/verdict';
import { createConsoleMetrics } from '@orderflow/console/metrics';
import {
  createAssignmentMetrics,
  createConsumerGauges,
  createMaintenanceMetrics,
  createSalesCounters,
  createSalesGauges,
  createStreamMetrics,
} from '@orderflow/event-processor/metrics';
import {
  createClusterMetrics,
  createControllerMetrics,
  createWorkQueueMetrics,
} from '@orderflow/operator/controller/controller-metrics';
import { LagScalerMetrics } from '@orderflow/operator/controller/metrics';
import { createIntakeMetrics, createPublisherMetrics } from '@orderflow/order-service/metrics';
import { createHttpMetrics } from '@orderflow/service-kit/http-metrics';
import { createRegistry, type Registry } from '@orderflow/service-kit/metrics';
import { createPoolMetrics } from '@orderflow/service-kit/postgres-metrics';

/** The processes that are scraped; also the value of the label `job`. */
export type ProcessName = 'api-gateway' | 'order-service' | 'event-processor' | 'auditor' | 'console' | 'operator';

const unstartedAudit = {
  roundEndedMs: undefined,
  verdict: () => judge(new AuditBook(), { ...BEFORE_THE_FIRST_ROUND, nowMs: 0, receipts: null }),
};

/** What each process puts into its registry, beside what every process has. A test of real processes keeps it true. */
const REGISTER: Readonly<Record<ProcessName, (registry: Registry) => readonly unknown[]>> = {
  'api-gateway': (registry) => [createGatewayMetrics(registry)],
  'order-service': (registry) => [
    createHttpMetrics(registry),
    createPoolMetrics(registry),
    createIntakeMetrics(registry, () => 0),
    createPublisherMetrics(registry),
  ],
  'event-processor': (registry) => [
    createHttpMetrics(registry),
    createPoolMetrics(registry),
    createStreamMetrics(registry),
    createSalesCounters(registry),
    createSalesGauges(registry),
    createAssignmentMetrics(registry),
    createMaintenanceMetrics(registry),
    createConsumerGauges(registry, { load: () => ({ messages: 0, bytes: 0 }), lag: () => new Map() }),
  ],
  auditor: (registry) => [createAuditCounters(registry), createVerdictGauges(registry, unstartedAudit)],
  console: (registry) => [createConsoleMetrics(registry, () => 0)],
  operator: (registry) => [
    createClusterMetrics(registry),
    createControllerMetrics(registry),
    createWorkQueueMetrics(registry, () => 0),
    new LagScalerMetrics(registry),
  ],
};

/** The registry of each process as it stands at the start. */
export function processRegistries(): ReadonlyMap<ProcessName, Registry> {
  const registries = new Map<ProcessName, Registry>();
  for (const [name, register] of Object.entries(REGISTER) as [ProcessName, (registry: Registry) => unknown][]) {
    const registry = createRegistry();
    register(registry);
    registries.set(name, registry);
  }
  return registries;
}
