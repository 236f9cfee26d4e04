import { Counter, Gauge, Histogram, type Registry } from '@orderflow/service-kit/metrics';
import type { ApiCallObserver, LeadershipObserver, WorkQueueObserver } from './ports.ts';

const CONTROLLER = 'lagscaler';
/** controller-runtime's. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export type ReconcileOutcome = 'success' | 'requeue_after' | 'error';

export interface ControllerMetrics {
  started(): void;
  finished(outcome: ReconcileOutcome, tookMs: number): void;
}

export interface ClusterMetrics {
  readonly calls: ApiCallObserver;
  readonly leadership: LeadershipObserver;
}

/** By the names of controller-runtime, so that its dashboards fit. */
export function createControllerMetrics(registry: Registry): ControllerMetrics {
  const registers = [registry];
  const labelNames = ['controller'] as const;
  const of = { controller: CONTROLLER };
  const total = new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Reconciliations by result.',
    labelNames: [...labelNames, 'result'],
    registers,
  });
  const errors = new Counter({
    name: 'controller_runtime_reconcile_errors_total',
    help: 'Reconciliations that threw.',
    labelNames,
    registers,
  });
  const active = new Gauge({
    name: 'controller_runtime_active_workers',
    help: 'Reconciliations under way.',
    labelNames,
    registers,
  });
  const seconds = histogram(registry, {
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'How long a reconciliation takes.',
    labelNames,
  });
  return {
    started: () => active.inc(of),
    finished: (result, tookMs) => {
      active.dec(of);
      total.inc({ ...of, result });
      seconds.observe(of, tookMs / 1_000);
      if (result === 'error') errors.inc(of);
    },
  };
}

/** By the names of client-go's workqueue; `depth` is asked when somebody scrapes. */
export function createWorkQueueMetrics(registry: Registry, depth: () => number): WorkQueueObserver {
  const registers = [registry];
  const labelNames = ['name'] as const;
  const of = { name: CONTROLLER };
  const counter = (name: string, help: string) => new Counter({ name, help, labelNames, registers });
  const adds = counter('workqueue_adds_total', 'Keys that were added.');
  const retries = counter('workqueue_retries_total', 'Keys that were added after a failure.');
  const waits = histogram(registry, {
    name: 'workqueue_queue_duration_seconds',
    help: 'How long ready keys wait.',
    labelNames,
  });
  const works = histogram(registry, {
    name: 'workqueue_work_duration_seconds',
    help: 'How long keys are worked on.',
    labelNames,
  });
  const depths: Gauge<'name'> = new Gauge({
    name: 'workqueue_depth',
    help: 'Keys that are ready.',
    labelNames,
    registers,
    collect: () => depths.set(of, depth()),
  });
  return {
    added: () => adds.inc(of),
    retried: () => retries.inc(of),
    taken: (waitedMs) => waits.observe(of, waitedMs / 1_000),
    done: (workedMs) => works.observe(of, workedMs / 1_000),
  };
}

/** Calls by client-go's name, and who leads by controller-runtime's. */
export function createClusterMetrics(registry: Registry): ClusterMetrics {
  const registers = [registry];
  const calls = new Counter({
    name: 'rest_client_requests_total',
    help: 'Calls of the API server by answer.',
    labelNames: ['code', 'method', 'resource'],
    registers,
  });
  const master = new Gauge({
    name: 'leader_election_master_status',
    help: '1 while this process leads.',
    labelNames: ['name'],
    registers,
  });
  master.set({ name: CONTROLLER }, 0);
  return {
    calls: { called: ({ verb, resource, code }) => calls.inc({ code, method: verb, resource }) },
    leadership: { leading: (isLeader) => master.set({ name: CONTROLLER }, isLeader ? 1 : 0) },
  };
}

function histogram<Label extends string>(
  registry: Registry,
  description: { readonly name: string; readonly help: string; readonly labelNames: readonly Label[] },
): Histogram<Label> {
  return new Histogram({ ...description, buckets: SECONDS, registers: [registry] });
}
