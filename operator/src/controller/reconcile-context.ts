import type { Clock } from '@orderflow/service-kit/clock';
import type { Logger } from '@orderflow/service-kit/logger';
import type { LagScalerMetrics } from './metrics.ts';
import type { Deployments, EventRecorder, Leadership, LagReaders, LagScalers, ScalerOwners } from './ports.ts';

/** What reconciling needs of the world. */
export interface ReconcileContext {
  readonly lagScalers: LagScalers;
  readonly deployments: Deployments;
  readonly scalerOwners: ScalerOwners;
  readonly events: EventRecorder;
  readonly leadership: Leadership;
  readonly lagReaders: LagReaders;
  readonly metrics: LagScalerMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Time between two polls of a LagScaler. */
  readonly pollMs: number;
}

/** The lease may have run out while something was awaited: whoever leads now does the rest. */
export class LeadershipLostError extends Error {
  override readonly name = 'LeadershipLostError';
  readonly code = 'LEADERSHIP_LOST';
  readonly retryable = true;
}

/**
 * To be called right before every write.
 *
 * @throws {LeadershipLostError}
 */
export function assertLeading({ leadership }: Pick<ReconcileContext, 'leadership'>): void {
  if (!leadership.isLeader()) throw new LeadershipLostError('not the leader any more');
}
