import type { ConsumerGroup } from './consumer-group.ts';
import type { ObjectStore } from './fake-api-server/object-store.ts';
import { DEPLOYMENT_COLLECTION } from './objects.ts';

interface RunOptions {
  readonly store: ObjectStore;
  /** Of the Deployment. */
  readonly name: string;
  readonly group: ConsumerGroup;
  /** Without it, a failure is an unhandled rejection. */
  readonly onError?: (error: unknown) => void;
}

/** Does what the Deployment controller and the kubelets do: as many members as spec.replicas says. */
export function runDeployment({ store, name, group, onError }: RunOptions): void {
  let resizing = Promise.resolve();
  const resize = async (replicas: number, observedGeneration: number | undefined): Promise<void> => {
    await group.resize(replicas);
    const pods = { observedGeneration, replicas, updatedReplicas: replicas, readyReplicas: replicas };
    store.patch(DEPLOYMENT_COLLECTION, { name, part: 'status' }, { status: pods });
  };
  store.onChange(({ collection, object }) => {
    if (collection.resource !== DEPLOYMENT_COLLECTION.resource || object.metadata.name !== name) return;
    const { replicas } = object.spec as { replicas: number };
    const { observedGeneration } = object.status as { observedGeneration: number };
    if (observedGeneration === object.metadata.generation) return;
    resizing = resizing.then(() => resize(replicas, object.metadata.generation));
    if (onError !== undefined) resizing = resizing.catch(onError);
  });
}
