/** Names under which Kubernetes knows LagScalers. */
export const GROUP = 'scaling.orderflow.dev';
export const VERSION = 'v1alpha1';
export const KIND = 'LagScaler';
export const PLURAL = 'lagscalers';

/** Keeps a LagScaler until the replicas of its Deployment are restored (`onDelete: Restore`). */
export const RESTORE_FINALIZER = `${GROUP}/restore-replicas`;
