import type { Component } from '@orderflow/service-kit/lifecycle';
import type { Logger } from '@orderflow/service-kit/logger';
import type { ApiCallObserver, Cluster, Leadership, LeadershipObserver } from '../controller/ports.ts';
import { ApiConnection } from './api-connection.ts';
import { DEPLOYMENTS, DeploymentStore, type DeploymentObject } from './deployments.ts';
import { SeriesEventRecorder } from './event-recorder.ts';
import { Informer } from './informer.ts';
import { LAG_SCALER_API_VERSION, LAG_SCALER_KIND, LAG_SCALERS, LagScalerStore } from './lag-scalers.ts';
import { LeaderElection } from './leader-election.ts';
import type { Lease, LeaseTimes } from './lease.ts';
import { ResourceClient, type ApiObject, type ResourceType } from './resource-client.ts';
import { CachedScalerOwners, HORIZONTAL_POD_AUTOSCALERS, SCALED_OBJECTS, type ScalerObject } from './scaler-owners.ts';
import { systemTime, type Time } from './time.ts';

export interface ClusterOptions {
  /** A kubeconfig's text; by default KUBECONFIG, then ~/.kube/config, then the pod's service account. */
  readonly kubeconfig?: string | undefined;
  /** The namespace to watch; that of the service account or of the kubeconfig's context by default. */
  readonly namespace?: string | undefined;
  /** Name of this process in the lease and in events, unique among all that ever run. */
  readonly identity: string;
  readonly logger: Logger;
  readonly calls?: ApiCallObserver | undefined;
  readonly leadership?: LeadershipObserver | undefined;
  readonly leaseTimes?: LeaseTimes | undefined;
  readonly time?: Time | undefined;
  /** In [0, 1). */
  readonly random?: (() => number) | undefined;
}

/** One operator per namespace. The Role names the lease, too. */
export const LEASE_NAME = 'lagscaler-operator';
const CONTROLLER = 'scaling.orderflow.dev/lagscaler-operator';
const LEASES: ResourceType = { group: 'coordination.k8s.io', version: 'v1', resource: 'leases' };
const EVENTS: ResourceType = { group: 'events.k8s.io', version: 'v1', resource: 'events' };

const REQUEST_TIMEOUT_MS = 10_000;
/** A renewal that hangs leaves time for another one. */
const LEASE_REQUEST_TIMEOUT_MS = 5_000;
/** How long until an installed KEDA is noticed; its HPA is noticed at once. */
const ABSENT_MS = 300_000;

/**
 * The operator's side of Kubernetes: caches, writes, events and the election. Nothing is called before `start`.
 *
 * @throws ClusterError when no configuration names a cluster.
 */
export function connectCluster(options: ClusterOptions): Cluster {
  const { kubeconfig, calls: observer } = options;
  const connection = new ApiConnection({ kubeconfig, requestTimeoutMs: REQUEST_TIMEOUT_MS, observer });
  const namespace = options.namespace ?? connection.namespace;
  const createClient = <T extends ApiObject>(type: ResourceType): ResourceClient<T> =>
    new ResourceClient<T>(connection, type, namespace);
  const lagScalers = createClient(LAG_SCALERS);
  const deployments = createClient<DeploymentObject>(DEPLOYMENTS);
  const informers = {
    lagScalers: createInformer(lagScalers, LAG_SCALERS, options),
    deployments: createInformer(deployments, DEPLOYMENTS, options),
    horizontalPodAutoscalers: createInformer(
      createClient<ScalerObject>(HORIZONTAL_POD_AUTOSCALERS),
      HORIZONTAL_POD_AUTOSCALERS,
      options,
    ),
    scaledObjects: createInformer(createClient<ScalerObject>(SCALED_OBJECTS), SCALED_OBJECTS, options),
  };
  const all = Object.values(informers);
  const events = createRecorder(createClient(EVENTS), options);
  return {
    namespace,
    lagScalers: new LagScalerStore(informers.lagScalers, lagScalers),
    deployments: new DeploymentStore(informers.deployments, deployments),
    scalerOwners: new CachedScalerOwners(informers),
    events,
    informers: joinInformers(all, events, connection),
    election: createElection(namespace, options),
    hasSynced: () => all.every((informer) => informer.hasSynced),
    onSynced: (listener) => void Promise.all(all.map((informer) => informer.whenSynced())).then(listener),
  };
}

function createInformer<T extends ApiObject>(
  source: ResourceClient<T>,
  { resource: name }: ResourceType,
  { logger, time = systemTime, random = Math.random }: ClusterOptions,
): Informer<T> {
  const whenAbsent = name === SCALED_OBJECTS.resource ? { whenAbsentMs: ABSENT_MS } : {};
  return new Informer<T>({ name, source, logger, time, random, ...whenAbsent });
}

function createRecorder(
  events: ResourceClient<ApiObject>,
  { identity, logger, time = systemTime }: ClusterOptions,
): SeriesEventRecorder {
  return new SeriesEventRecorder({
    events,
    controller: CONTROLLER,
    instance: identity,
    apiVersion: LAG_SCALER_API_VERSION,
    kind: LAG_SCALER_KIND,
    logger,
    time,
  });
}

/** Informers as one component, which has the connection: what is still under way when it stops is given up. */
function joinInformers(
  informers: readonly Informer<ApiObject>[],
  events: SeriesEventRecorder,
  connection: ApiConnection,
): Component {
  return {
    name: 'informers',
    start: () => {
      for (const informer of informers) informer.start();
    },
    stop: async (deadline) => {
      const stopped = informers.map((informer) => informer.stop());
      await unlessAborted(events.stop(), deadline);
      await connection.close();
      await Promise.all(stopped);
    },
  };
}

/** With a connection of its own: renewals wait for nothing else, and nothing else waits as impatiently. */
function createElection(namespace: string, options: ClusterOptions): Component & Leadership {
  const { kubeconfig, calls: observer, identity, logger, time = systemTime, random = Math.random } = options;
  const connection = new ApiConnection({ kubeconfig, requestTimeoutMs: LEASE_REQUEST_TIMEOUT_MS, observer });
  const election = new LeaderElection({
    leases: new ResourceClient<Lease>(connection, LEASES, namespace),
    leaseName: LEASE_NAME,
    identity,
    logger,
    time,
    random,
    observer: options.leadership,
    ...(options.leaseTimes !== undefined && { times: options.leaseTimes }),
  });
  return {
    name: election.name,
    isLeader: () => election.isLeader(),
    onChange: (listener) => election.onChange(listener),
    start: () => election.start(),
    stop: async (deadline) => {
      const stopped = election.stop();
      await unlessAborted(stopped, deadline);
      await connection.close();
      await stopped;
    },
  };
}

/** Resolves with `work`, or when the signal aborts. */
async function unlessAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return work;
  const aborted = Promise.withResolvers<void>();
  if (signal.aborted) aborted.resolve();
  signal.addEventListener('abort', () => aborted.resolve(), { once: true });
  await Promise.race([work, aborted.promise]);
}
