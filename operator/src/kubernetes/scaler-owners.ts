import type { ObjectRef, ScalerOwner, ScalerOwners } from '../controller/ports.ts';
import type { Informer } from './informer.ts';
import type { ApiObject, ObjectMeta, ResourceType } from './resource-client.ts';

export const HORIZONTAL_POD_AUTOSCALERS: ResourceType = {
  group: 'autoscaling',
  version: 'v2',
  resource: 'horizontalpodautoscalers',
};
export const SCALED_OBJECTS: ResourceType = { group: 'keda.sh', version: 'v1alpha1', resource: 'scaledobjects' };

interface ScaleTargetRef {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly name?: string;
}

/** A HorizontalPodAutoscaler or a ScaledObject: both name their target in the same place. */
export interface ScalerObject extends ApiObject {
  readonly metadata: ObjectMeta & {
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[];
  };
  readonly spec?: { readonly scaleTargetRef?: ScaleTargetRef };
}

export interface ScalerInformers {
  readonly horizontalPodAutoscalers: Pick<Informer<ScalerObject>, 'list'>;
  /** Empty where KEDA is not installed. */
  readonly scaledObjects: Pick<Informer<ScalerObject>, 'list'>;
}

/** Finds what else scales a Deployment. An HPA that KEDA made counts as its ScaledObject, once. */
export class CachedScalerOwners implements ScalerOwners {
  readonly #informers: ScalerInformers;

  constructor(informers: ScalerInformers) {
    this.#informers = informers;
  }

  ofDeployment(ref: ObjectRef): readonly ScalerOwner[] {
    const { horizontalPodAutoscalers, scaledObjects } = this.#informers;
    const owners = [
      ...horizontalPodAutoscalers
        .list()
        .filter((object) => isTarget(object, ref))
        .map(ownerOfAutoscaler),
      ...scaledObjects
        .list()
        .filter((object) => isTarget(object, ref))
        .map(({ metadata: { name } }): ScalerOwner => ({ kind: 'ScaledObject', name })),
    ];
    return [...new Map(owners.map((owner) => [`${owner.kind}/${owner.name}`, owner])).values()];
  }
}

function ownerOfAutoscaler({ metadata: { name, ownerReferences = [] } }: ScalerObject): ScalerOwner {
  const scaledObject = ownerReferences.find(({ kind }) => kind === 'ScaledObject');
  return scaledObject === undefined
    ? { kind: 'HorizontalPodAutoscaler', name }
    : { kind: 'ScaledObject', name: scaledObject.name };
}

/** KEDA takes a Deployment of apps for granted; of apps, every version is meant. */
function isTarget({ metadata: { namespace }, spec }: ScalerObject, ref: ObjectRef): boolean {
  const { apiVersion = 'apps/v1', kind = 'Deployment', name } = spec?.scaleTargetRef ?? {};
  return namespace === ref.namespace && name === ref.name && kind === 'Deployment' && apiVersion.startsWith('apps/');
}
