import type { TargetObservation } from '../scaling/observation.ts';
import type { DeploymentView } from './ports.ts';

/** What the decision needs to know of a Deployment. */
export function observeTarget(deployment: DeploymentView): TargetObservation {
  const { generation, observedGeneration, replicas, updatedReplicas, specReplicas, readyReplicas } = deployment;
  return {
    specReplicas,
    readyReplicas,
    // Unseen by the Deployment controller, or with pods of an older template.
    isRollingOut: observedGeneration < generation || updatedReplicas < replicas,
  };
}
