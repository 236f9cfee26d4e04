import { conflict } from './api-status.ts';
import type { ApiObject, Collection, ObjectStore } from './object-store.ts';

/** The Scale of a Deployment, which shares its resourceVersion. */
function readScale(deployment: ApiObject): ApiObject {
  const { name, namespace, uid, resourceVersion } = deployment.metadata;
  const spec = deployment.spec as { replicas?: number } | undefined;
  const status = deployment.status as { replicas?: number } | undefined;
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
    },
    spec: { replicas: spec?.replicas ?? 1 },
    status: { replicas: status?.replicas ?? 0 },
  };
}

/** PUT of the scale: resourceVersion and uid are preconditions on the Deployment itself. */
export function writeScale(store: ObjectStore, collection: Collection, scale: ApiObject): ApiObject {
  const { name, uid, resourceVersion } = scale.metadata;
  const deployment = store.get(collection, name);
  if (uid !== undefined && uid !== deployment.metadata.uid) throw conflict(name);
  const { replicas } = scale.spec as { replicas: number };
  const metadata = { ...deployment.metadata, ...(resourceVersion !== undefined && { resourceVersion }) };
  const spec = { ...(deployment.spec as object), replicas };
  return readScale(store.replace(collection, { ...deployment, metadata, spec }, 'main'));
}
