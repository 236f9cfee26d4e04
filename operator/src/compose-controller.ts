import { systemClock } from '@orderflow/service-kit/clock';
import type { Lifecycle } from '@orderflow/service-kit/lifecycle';
import type { Logger } from '@orderflow/service-kit/logger';
import type { Registry } from '@orderflow/service-kit/metrics';
import type { OperatorConfig } from './config.ts';
import { createControllerMetrics, createWorkQueueMetrics } from './controller/controller-metrics.ts';
import { Controller } from './controller/controller.ts';
import { LagScalerMetrics } from './controller/metrics.ts';
import type { Cluster } from './controller/ports.ts';
import { Reconciler } from './controller/reconcile.ts';
import { KafkaLagReaders } from './kafka/lag-readers.ts';
import { KeyedWorkQueue } from './kubernetes/work-queue.ts';

interface Parts {
  readonly config: OperatorConfig;
  readonly cluster: Cluster;
  readonly registry: Registry;
  readonly logger: Logger;
}

/** The loop and what it stands on. The election comes last, so that at the end the lease is given back first. */
export function composeController(app: Lifecycle, { config, cluster, registry, logger }: Parts): Reconciler {
  const lagReaders = app.use(new KafkaLagReaders({ security: config.kafka, logger, clock: systemClock }));
  const { lagScalers, deployments, scalerOwners, events, election } = cluster;
  const reconciler = new Reconciler({
    lagScalers,
    deployments,
    scalerOwners,
    events,
    leadership: election,
    lagReaders,
    metrics: new LagScalerMetrics(registry),
    clock: systemClock,
    logger,
    pollMs: config.POLL_INTERVAL_MS,
  });
  const queue: KeyedWorkQueue = new KeyedWorkQueue({ observer: createWorkQueueMetrics(registry, () => queue.depth) });
  const controller = new Controller({
    queue,
    lagScalers,
    leadership: election,
    reconciler,
    hasSynced: () => cluster.hasSynced(),
    metrics: createControllerMetrics(registry),
    logger,
    workers: config.WORKERS,
    standbyMs: config.POLL_INTERVAL_MS,
  });
  app.use(cluster.informers);
  app.use(controller);
  app.use(election);
  return reconciler;
}
