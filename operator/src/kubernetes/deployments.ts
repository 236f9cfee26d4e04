import type { DeploymentView, Deployments, ObjectRef, ScaleRequest, WriteOutcome } from '../controller/ports.ts';
import type { Informer } from './informer.ts';
import type { ApiObject, ResourceClient, ResourceType } from './resource-client.ts';
import { writeOutcome } from './write-outcome.ts';

export const DEPLOYMENTS: ResourceType = { group: 'apps', version: 'v1', resource: 'deployments' };

/** The fields of an apps/v1 Deployment that matter here. */
export interface DeploymentObject extends ApiObject {
  readonly spec?: { readonly replicas?: number; readonly paused?: boolean };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
  };
}

type ScaleWriter = Pick<ResourceClient<DeploymentObject>, 'replaceScale'>;

/** Deployments from an informer's cache; of them, only the scale is ever written. */
export class DeploymentStore implements Deployments {
  readonly #informer: Informer<DeploymentObject>;
  readonly #client: ScaleWriter;

  constructor(informer: Informer<DeploymentObject>, client: ScaleWriter) {
    this.#informer = informer;
    this.#client = client;
  }

  get(ref: ObjectRef): DeploymentView | undefined {
    const object = this.#informer.get(ref);
    return object === undefined ? undefined : toView(object);
  }

  setScale({ deployment, replicas }: ScaleRequest): Promise<WriteOutcome> {
    const { ref, uid, resourceVersion } = deployment;
    const body = {
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { ...ref, uid, resourceVersion },
      spec: { replicas },
    };
    return writeOutcome(this.#client.replaceScale(ref.name, body));
  }
}

function toView({ metadata, spec = {}, status = {} }: DeploymentObject): DeploymentView {
  const { namespace, name, uid, resourceVersion, generation = 0 } = metadata;
  return {
    ref: { namespace, name },
    uid,
    resourceVersion,
    generation,
    observedGeneration: status.observedGeneration ?? 0,
    specReplicas: spec.replicas ?? 1,
    replicas: status.replicas ?? 0,
    updatedReplicas: status.updatedReplicas ?? 0,
    readyReplicas: status.readyReplicas ?? 0,
    isPaused: spec.paused ?? false,
  };
}
