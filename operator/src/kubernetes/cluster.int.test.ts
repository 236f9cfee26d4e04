import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { until } from '@orderflow/local/until';
import { silentLogger } from '@orderflow/service-kit/logger';
import { FakeApiServer, type RecordedCall } from '../../test/fake-api-server/fake-api-server.ts';
import { TOO_MANY_REQUESTS } from '../../test/fake-api-server/faults.ts';
import { readShippedRole } from '../../test/fake-api-server/role.ts';
import {
  autoscaler,
  deployment,
  DEPLOYMENT_COLLECTION,
  AUTOSCALER_COLLECTION,
  EVENT_COLLECTION,
  LAG_SCALER_COLLECTION,
  lagScaler,
  LEASE_COLLECTION,
  NAMESPACE,
  SCALED_OBJECT_COLLECTION,
} from '../../test/objects.ts';
import type { Cluster, DeploymentView, LagScalerResource } from '../controller/ports.ts';
import { connectCluster } from './cluster.ts';

const REF = { namespace: NAMESPACE, name: 'event-processor' };
const WITH_KEDA = [
  'scaling.orderflow.dev/lagscalers',
  'apps/deployments',
  'autoscaling/horizontalpodautoscalers',
  'keda.sh/scaledobjects',
  'coordination.k8s.io/leases',
  'events.k8s.io/events',
];

let api: FakeApiServer;
let cluster: Cluster;

async function connect(options: { readonly served?: readonly string[] } = {}): Promise<void> {
  api = await FakeApiServer.start(options);
  api.store.create(DEPLOYMENT_COLLECTION, deployment(REF.name, 2));
  api.store.create(LAG_SCALER_COLLECTION, lagScaler(REF.name, { minReplicas: 1 }));
  cluster = connectCluster({
    kubeconfig: api.kubeconfig,
    namespace: NAMESPACE,
    identity: 'operator-1',
    logger: silentLogger(),
  });
}

async function startInformers(): Promise<void> {
  await cluster.informers.start?.();
  const synced = Promise.withResolvers<void>();
  cluster.onSynced(synced.resolve);
  await synced.promise;
}

beforeEach(() => connect());

afterEach(async () => {
  await cluster.election.stop?.(AbortSignal.timeout(5_000));
  await cluster.informers.stop?.(AbortSignal.timeout(5_000));
  await api[Symbol.asyncDispose]();
});

function seenDeployment(): DeploymentView {
  const view = cluster.deployments.get(REF);
  if (view === undefined) throw new Error('not seen');
  return view;
}

function seenLagScaler(): LagScalerResource {
  const resource = cluster.lagScalers.get(REF);
  if (resource === undefined) throw new Error('not seen');
  return resource;
}

function storedReplicas(): unknown {
  return (api.store.get(DEPLOYMENT_COLLECTION, REF.name).spec as { replicas?: unknown }).replicas;
}

describe('the cluster, its caches', () => {
  test('show a Deployment with what Kubernetes leaves out filled in', async () => {
    api.store.create(DEPLOYMENT_COLLECTION, { metadata: { name: 'bare' }, spec: { paused: true } });
    await startInformers();
    expect(cluster.hasSynced()).toBe(true);
    expect(seenDeployment()).toMatchObject({
      ref: REF,
      generation: 1,
      observedGeneration: 1,
      specReplicas: 2,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      isPaused: false,
    });
    expect(cluster.deployments.get({ ...REF, name: 'bare' })).toMatchObject({
      specReplicas: 1,
      readyReplicas: 0,
      observedGeneration: 0,
      isPaused: true,
    });
  });

  test('show a LagScaler with its finalizers and its deletion', async () => {
    await startInformers();
    const resource = seenLagScaler();
    expect(resource).toMatchObject({ ref: REF, generation: 1, isDeleting: false, finalizers: [] });
    expect(resource.createdAtMs).toBeGreaterThan(0);
    await cluster.lagScalers.replaceFinalizers(resource, ['scaling.orderflow.dev/release']);
    await until(() => seenLagScaler().finalizers.length === 1, { what: 'the finalizer is seen' });
    api.store.delete(LAG_SCALER_COLLECTION, REF.name);
    await until(() => seenLagScaler().isDeleting, { what: 'the deletion is seen' });
    expect(await cluster.lagScalers.replaceFinalizers(seenLagScaler(), [])).toBe('written');
    await until(() => cluster.lagScalers.list().length === 0, { what: 'it is gone' });
    expect(await cluster.lagScalers.replaceFinalizers(resource, [])).toBe('notFound');
  });

  test('do not need the API server for the start, nor for the stop', async () => {
    await api.goDown();
    await cluster.informers.start?.();
    expect(cluster.hasSynced()).toBe(false);
  });
});

describe('a conditional write', () => {
  test('scales the Deployment that was seen', async () => {
    await startInformers();
    expect(await cluster.deployments.setScale({ deployment: seenDeployment(), replicas: 6 })).toBe('written');
    expect(storedReplicas()).toBe(6);
    await until(() => seenDeployment().specReplicas === 6, { what: 'the cache has it' });
  });

  test('is a conflict when the Deployment has changed since, or is another one of the same name', async () => {
    await startInformers();
    const seen = seenDeployment();
    api.store.patch(DEPLOYMENT_COLLECTION, { name: REF.name, part: 'status' }, { status: { readyReplicas: 1 } });
    expect(await cluster.deployments.setScale({ deployment: seen, replicas: 6 })).toBe('conflict');
    api.store.delete(DEPLOYMENT_COLLECTION, REF.name);
    expect(await cluster.deployments.setScale({ deployment: seen, replicas: 6 })).toBe('notFound');
    const { resourceVersion } = api.store.create(DEPLOYMENT_COLLECTION, deployment(REF.name, 3)).metadata;
    const other = { ...seen, resourceVersion: resourceVersion ?? '' };
    expect(await cluster.deployments.setScale({ deployment: other, replicas: 6 })).toBe('conflict');
    expect(storedReplicas()).toBe(3);
  });

  test('two leaders that saw the same do not both scale', async () => {
    await startInformers();
    const seen = seenDeployment();
    const outcomes = await Promise.all(
      [5, 7].map((replicas) => cluster.deployments.setScale({ deployment: seen, replicas })),
    );
    expect(outcomes.toSorted()).toEqual(['conflict', 'written']);
  });

  test('of the status replaces all of it and nothing else', async () => {
    await startInformers();
    expect(await cluster.lagScalers.replaceStatus(seenLagScaler(), { lag: 5, reason: 'Steady' })).toBe('written');
    await until(() => seenLagScaler().status !== undefined, { what: 'the status is seen' });
    expect(await cluster.lagScalers.replaceStatus(seenLagScaler(), { lag: 0 })).toBe('written');
    const { spec, status, metadata } = api.store.get(LAG_SCALER_COLLECTION, REF.name);
    expect({ spec, status, generation: metadata.generation }).toEqual({
      spec: { minReplicas: 1 },
      status: { lag: 0 },
      generation: 1,
    });
  });

  test('of a stale status is a conflict', async () => {
    await startInformers();
    const seen = seenLagScaler();
    await cluster.lagScalers.replaceStatus(seen, { lag: 5 });
    expect(await cluster.lagScalers.replaceStatus(seen, { lag: 6 })).toBe('conflict');
  });

  test('that the API server throttles says for how long', async () => {
    await startInformers();
    api.faults.add(({ subresource }) => subresource === 'scale', { ...TOO_MANY_REQUESTS, retryAfterSeconds: 3 });
    await expect(cluster.deployments.setScale({ deployment: seenDeployment(), replicas: 6 })).rejects.toMatchObject({
      name: 'ClusterError',
      code: 'TooManyRequests',
      retryable: true,
      retryAfterMs: 3_000,
    });
  });
});

describe('the owners of a Deployment', () => {
  test('are HorizontalPodAutoscalers that target it, while they do', async () => {
    api.store.create(AUTOSCALER_COLLECTION, autoscaler('of-another', 'order-service'));
    await startInformers();
    expect(cluster.scalerOwners.ofDeployment(REF)).toEqual([]);
    api.store.create(AUTOSCALER_COLLECTION, autoscaler('rival', REF.name));
    const owners = await until(() => cluster.scalerOwners.ofDeployment(REF), {
      what: 'the rival is seen',
      isDone: (seen) => seen.length > 0,
    });
    expect(owners).toEqual([{ kind: 'HorizontalPodAutoscaler', name: 'rival' }]);
    api.store.delete(AUTOSCALER_COLLECTION, 'rival');
    await until(() => cluster.scalerOwners.ofDeployment(REF).length === 0, { what: 'it is gone' });
  });

  test('count a ScaledObject and the HorizontalPodAutoscaler that KEDA made of it once', async () => {
    await cluster.informers.stop?.(AbortSignal.timeout(5_000));
    await api[Symbol.asyncDispose]();
    await connect({ served: WITH_KEDA });
    api.store.create(SCALED_OBJECT_COLLECTION, {
      metadata: { name: 'processor' },
      spec: { scaleTargetRef: { name: REF.name } },
    });
    const { metadata, ...rest } = autoscaler('keda-hpa-processor', REF.name);
    const ownerReferences = [{ kind: 'ScaledObject', name: 'processor' }];
    api.store.create(AUTOSCALER_COLLECTION, { ...rest, metadata: { ...metadata, ownerReferences } });
    await startInformers();
    expect(cluster.scalerOwners.ofDeployment(REF)).toEqual([{ kind: 'ScaledObject', name: 'processor' }]);
  });
});

describe('the Role', () => {
  test('grants what is done, and nothing else', async () => {
    await cluster.informers.stop?.(AbortSignal.timeout(5_000));
    await api[Symbol.asyncDispose]();
    await connect({ served: WITH_KEDA });
    await startInformers();
    await cluster.election.start?.();
    await until(() => cluster.election.isLeader(), { what: 'it leads' });
    await cluster.deployments.setScale({ deployment: seenDeployment(), replicas: 6 });
    await cluster.lagScalers.replaceStatus(seenLagScaler(), { lag: 5 });
    await until(() => seenLagScaler().status !== undefined, { what: 'the status is seen' });
    await cluster.lagScalers.replaceFinalizers(seenLagScaler(), ['scaling.orderflow.dev/release']);
    const event = { type: 'Normal', reason: 'ScaledUp', action: 'Scaling', note: 'from 2 to 6' } as const;
    for (let count = 0; count < 2; count += 1) cluster.events.record({ ...event, regarding: seenLagScaler() });
    await cluster.election.stop?.(AbortSignal.timeout(5_000)); // gives the lease back by an update
    await cluster.informers.stop?.(AbortSignal.timeout(5_000)); // after the last event was sent
    expect(new Set(api.calls.map(nameCall))).toEqual(new Set(grants()));
    expect(api.store.list(EVENT_COLLECTION)).toHaveLength(1);
    expect(api.store.get(LEASE_COLLECTION, 'lagscaler-operator').spec).not.toHaveProperty('holderIdentity');
  });
});

function nameCall({ verb, group, resource, subresource }: RecordedCall): string {
  return `${verb} ${group}/${resource}${subresource === undefined ? '' : `/${subresource}`}`;
}

function grants(): readonly string[] {
  return readShippedRole().flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}`))),
  );
}
