import type { FaultReport } from '@orderflow/contracts/fault-report';
import type { ReplicaChange, ScalingDecision } from '@orderflow/contracts/scaling-decision';
import type { Part } from './part.ts';

/** The services whose metrics are shown. */
export const JOBS = ['api-gateway', 'order-service', 'event-processor'] as const;
export type Job = (typeof JOBS)[number];

export interface ProcessAddress {
  readonly job: Job;
  readonly name: string;
  readonly adminUrl: string;
}

/** What was decided about the replicas; null while nothing is, or can be. Changes are the newest first. */
export interface Scaling {
  readonly scaling: ScalingDecision | null;
  readonly changes: readonly ReplicaChange[];
}

/** What there is to look at now. */
export interface Surroundings {
  /** Services that are to run here, whether a process of them was found or not. */
  readonly jobs: readonly Job[];
  readonly processes: readonly ProcessAddress[];
  readonly scaling: Part<Scaling>;
  /** Faults that may be injected, where somebody offers that. */
  readonly faults?: FaultReport | undefined;
}

/** Never rejects: what cannot be found is down. */
export type FindSurroundings = () => Promise<Surroundings>;
