import { RESTORE_FINALIZER } from '../api/v1alpha1/resource.ts';
import { targetNameOf } from '../api/v1alpha1/spec.ts';
import { announceRestore } from './announcements.ts';
import type { LagScalerResource, WriteOutcome } from './ports.ts';
import { assertLeading, type ReconcileContext } from './reconcile-context.ts';
import type { ScalerState } from './scaler-state.ts';

/**
 * Lets a LagScaler go that is being deleted: first the replicas as they were, then the finalizer. Kafka is not asked, so
 * that its absence keeps nobody. `conflict`: to be tried again over newer versions.
 */
export async function releaseTarget(
  context: ReconcileContext,
  resource: LagScalerResource,
  state: ScalerState,
): Promise<WriteOutcome> {
  if (!resource.finalizers.includes(RESTORE_FINALIZER)) return 'written';
  const outcome = await restoreReplicas(context, resource, state);
  if (outcome === 'conflict') return outcome;
  assertLeading(context);
  const others = resource.finalizers.filter((finalizer) => finalizer !== RESTORE_FINALIZER);
  return context.lagScalers.replaceFinalizers(resource, others);
}

async function restoreReplicas(
  context: ReconcileContext,
  resource: LagScalerResource,
  { status }: ScalerState,
): Promise<WriteOutcome> {
  const { initialReplicas } = status;
  const name = targetNameOf(resource.spec);
  if (initialReplicas === undefined || name === undefined) return 'written'; // it never scaled anything
  const ref = { namespace: resource.ref.namespace, name };
  const deployment = context.deployments.get(ref);
  if (deployment === undefined) return 'notFound';
  const isOwned = context.scalerOwners.ofDeployment(ref).length > 0;
  if (isOwned || deployment.specReplicas === initialReplicas) return 'written';
  assertLeading(context);
  const outcome = await context.deployments.setScale({ deployment, replicas: initialReplicas });
  if (outcome === 'written') context.events.record({ ...announceRestore(initialReplicas), regarding: resource });
  return outcome;
}
