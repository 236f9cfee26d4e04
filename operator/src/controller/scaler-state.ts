import type { ReplicaChange } from '@orderflow/contracts/scaling-decision';
import { memoryOf, parseStatus, type LagScalerStatus } from '../api/v1alpha1/status.ts';
import type { ScalingMemory } from '../scaling/memory.ts';
import type { LagReading } from '../scaling/observation.ts';
import { SETTLED_POLLS } from './findings.ts';
import type { LagScalerResource } from './ports.ts';
import type { Decided } from './report-scaler.ts';

/** What the leader keeps of a LagScaler between two polls. All that must survive it is in `status`. */
export interface ScalerState {
  readonly uid: string;
  /** As last read or written by this leader, which may be ahead of the cache. */
  status: LagScalerStatus;
  statusWrittenMs: number;
  memory: ScalingMemory;
  /** The newest reading, however old. */
  lag: LagReading | null;
  /** Why the last attempt to read failed; undefined when it did not. */
  lagFailure: string | undefined;
  regressed: readonly string[];
  /** Polls in a row at which not even the most replicas were enough. */
  unachievablePolls: number;
  /** Polls in a row without a complete reading. */
  unavailablePolls: number;
  /** Generation of the spec at the last poll. */
  polledGeneration: number;
  nextPollMs: number;
  /** uid of the Deployment at the last poll. */
  targetUid: string | undefined;
  /** resourceVersion over which the scale was written last: a cache that still shows it is behind. */
  scaledOver: string | undefined;
  /** When the replicas were set last; Unix milliseconds. */
  lastScaleMs: number | null;
  /** What a dry run has announced last. */
  wouldBe: number | undefined;
  /** The decision of the last poll; undefined while nothing is, or can be, decided. */
  decided: Decided | undefined;
  /** What this leader has changed, the newest first. */
  changes: readonly ReplicaChange[];
}

export function createState(resource: LagScalerResource): ScalerState {
  const status = parseStatus(resource.status);
  return {
    uid: resource.uid,
    status,
    statusWrittenMs: 0,
    memory: memoryOf(status),
    lag: null,
    lagFailure: undefined,
    regressed: [],
    unachievablePolls: 0,
    unavailablePolls: SETTLED_POLLS, // who begins blind says so at once
    polledGeneration: 0,
    nextPollMs: 0,
    targetUid: undefined,
    scaledOver: undefined,
    lastScaleMs: status.lastScaleTime === undefined ? null : Date.parse(status.lastScaleTime),
    wouldBe: undefined,
    decided: undefined,
    changes: [],
  };
}
