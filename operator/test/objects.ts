import type { ApiObject, Collection } from './fake-api-server/object-store.ts';

/** The namespace that tests watch. */
export const NAMESPACE = 'orders';

const inNamespace = (group: string, resource: string): Collection => ({ group, resource, namespace: NAMESPACE });

export const DEPLOYMENT_COLLECTION = inNamespace('apps', 'deployments');
export const LAG_SCALER_COLLECTION = inNamespace('scaling.orderflow.dev', 'lagscalers');
export const AUTOSCALER_COLLECTION = inNamespace('autoscaling', 'horizontalpodautoscalers');
export const SCALED_OBJECT_COLLECTION = inNamespace('keda.sh', 'scaledobjects');
export const LEASE_COLLECTION = inNamespace('coordination.k8s.io', 'leases');
export const EVENT_COLLECTION = inNamespace('events.k8s.io', 'events');

export function deployment(name: string, replicas = 1): ApiObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { replicas },
    status: { observedGeneration: 1, replicas, updatedReplicas: replicas, readyReplicas: replicas },
  };
}

export function lagScaler(name: string, spec: object = {}): ApiObject {
  return { apiVersion: 'scaling.orderflow.dev/v1alpha1', kind: 'LagScaler', metadata: { name }, spec };
}

/** An autoscaling/v2 HorizontalPodAutoscaler of a Deployment. */
export function autoscaler(name: string, target: string): ApiObject {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: target } },
  };
}
