import type { LagScalerResource, LagScalers, ObjectRef, WriteOutcome } from '../controller/ports.ts';
import type { Informer } from './informer.ts';
import type { ApiObject, ResourceClient, ResourceType } from './resource-client.ts';
import { writeOutcome } from './write-outcome.ts';

export const LAG_SCALERS: ResourceType = {
  group: 'scaling.orderflow.dev',
  version: 'v1alpha1',
  resource: 'lagscalers',
};
export const LAG_SCALER_API_VERSION = `${LAG_SCALERS.group}/${LAG_SCALERS.version}`;
export const LAG_SCALER_KIND = 'LagScaler';

export interface LagScalerObject extends ApiObject {
  readonly spec?: unknown;
  readonly status?: unknown;
}

type Writer = Pick<ResourceClient<LagScalerObject>, 'replaceStatus' | 'mergePatch'>;

/** LagScalers from an informer's cache; writes with the resourceVersion as precondition. */
export class LagScalerStore implements LagScalers {
  readonly #informer: Informer<LagScalerObject>;
  readonly #client: Writer;

  constructor(informer: Informer<LagScalerObject>, client: Writer) {
    this.#informer = informer;
    this.#client = client;
  }

  get(ref: ObjectRef): LagScalerResource | undefined {
    const object = this.#informer.get(ref);
    return object === undefined ? undefined : toResource(object);
  }

  list(): readonly LagScalerResource[] {
    return this.#informer.list().map(toResource);
  }

  onChange(listener: (ref: ObjectRef) => void): void {
    this.#informer.onChange(listener);
  }

  replaceStatus({ ref, resourceVersion }: LagScalerResource, status: object): Promise<WriteOutcome> {
    const body = {
      apiVersion: LAG_SCALER_API_VERSION,
      kind: LAG_SCALER_KIND,
      metadata: { ...ref, resourceVersion },
      status,
    };
    return writeOutcome(this.#client.replaceStatus(ref.name, body));
  }

  replaceFinalizers(resource: LagScalerResource, finalizers: readonly string[]): Promise<WriteOutcome> {
    const { ref, resourceVersion } = resource;
    // Of the whole object only this is written: a spec that a newer version of the CRD knows better stays as it is.
    return writeOutcome(this.#client.mergePatch(ref.name, { metadata: { resourceVersion, finalizers } }));
  }
}

function toResource({ metadata, spec, status }: LagScalerObject): LagScalerResource {
  const { namespace, name, uid, resourceVersion, generation = 0, creationTimestamp } = metadata;
  return {
    ref: { namespace, name },
    uid,
    resourceVersion,
    generation,
    createdAtMs: creationTimestamp === undefined ? 0 : Date.parse(creationTimestamp),
    isDeleting: metadata.deletionTimestamp !== undefined,
    finalizers: metadata.finalizers ?? [],
    spec,
    status,
  };
}
