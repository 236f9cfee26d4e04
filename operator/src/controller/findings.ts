import type { ConditionFinding, ConditionStatus, ConditionType } from '../api/v1alpha1/conditions.ts';
import type { Decision, DecisionFindings } from '../scaling/decision.ts';
import type { Competitor } from './competitors.ts';
import type { Hindrance } from './plan-write.ts';

/** Lists in messages end here: a topic may have thousands of partitions. */
const MAX_NAMED = 10;

export interface PollFindings {
  readonly decision: Decision;
  readonly hindrance: Hindrance | null;
  readonly competitors: readonly Competitor[];
  /** Why Kafka could not be read at this poll; undefined when it could. */
  readonly lagFailure: string | undefined;
  /** Polls in a row, this one included, at which not even the most replicas were enough. */
  readonly unachievablePolls: number;
  /** Polls in a row, this one included, without a complete reading. */
  readonly unavailablePolls: number;
}

/**
 * So many polls in a row make a condition: one answer that comes late is no outage, and the first polls of a burst make it
 * look larger than it is. What is decided meanwhile does not wait.
 */
export const SETTLED_POLLS = 3;

/** The conditions of a LagScaler that is looked after. */
export function findConditions(poll: PollFindings): readonly ConditionFinding[] {
  const { decision, hindrance, competitors } = poll;
  const { findings } = decision;
  const isAvailable = poll.unavailablePolls < SETTLED_POLLS;
  const metrics = isAvailable ? AVAILABLE : unavailableCondition(findings, poll.lagFailure);
  const conflict = conflictCondition(competitors);
  return [
    readyCondition([conflict, metrics]),
    scalingCondition(hindrance),
    metrics,
    isAvailable ? objectiveCondition(poll.unachievablePolls) : unknownWithoutMetrics('SLOAchievable'),
    effectCondition(findings),
    isAvailable ? stallCondition(findings) : unknownWithoutMetrics('PartitionsStalled'),
    conflict,
  ];
}

/** The conditions of a LagScaler that cannot be looked after at all, or shall not. */
export function findStandstill(reason: 'InvalidSpec' | 'TargetNotFound' | 'Paused', message: string) {
  const unknown = (type: ConditionType) => condition(type, 'Unknown', { reason, message: '' });
  return [
    condition('Ready', 'False', { reason, message }),
    condition('Scaling', 'False', { reason, message: '' }),
    ...(['MetricsAvailable', 'SLOAchievable', 'ScalingEffective', 'PartitionsStalled', 'Conflict'] as const).map(
      unknown,
    ),
  ];
}

function readyCondition([conflict, metrics]: readonly [ConditionFinding, ConditionFinding]): ConditionFinding {
  if (conflict.status === 'True') return condition('Ready', 'False', conflict);
  if (metrics.status === 'False') return condition('Ready', 'False', metrics);
  return condition('Ready', 'True', { reason: 'LookedAfter', message: '' });
}

const HINDRANCES: Readonly<Record<Hindrance, string>> = {
  Conflict: 'Something else scales the target.',
  DryRun: 'spec.mode is DryRun.',
  ManualHold: 'Somebody has set the replicas; they are left alone until status.manualHoldUntil.',
};

function scalingCondition(hindrance: Hindrance | null): ConditionFinding {
  if (hindrance === null) return condition('Scaling', 'True', { reason: 'Active', message: '' });
  return condition('Scaling', 'False', { reason: hindrance, message: HINDRANCES[hindrance] });
}

const AVAILABLE = condition('MetricsAvailable', 'True', { reason: 'LagRead', message: '' });

function unknownWithoutMetrics(type: ConditionType): ConditionFinding {
  return condition(type, 'Unknown', { reason: 'MetricsUnavailable', message: '' });
}

function unavailableCondition({ missing }: DecisionFindings, failure: string | undefined): ConditionFinding {
  if (failure !== undefined) {
    return condition('MetricsAvailable', 'False', { reason: 'KafkaUnavailable', message: failure });
  }
  const message = `No offsets of ${nameSome(missing)}. Replicas are not taken away meanwhile.`;
  return condition('MetricsAvailable', 'False', { reason: 'OffsetsMissing', message });
}

function objectiveCondition(unachievablePolls: number): ConditionFinding {
  if (unachievablePolls < SETTLED_POLLS)
    return condition('SLOAchievable', 'True', { reason: 'EnoughReplicas', message: '' });
  const message =
    'Not even the most replicas are enough: raise maxReplicas, add partitions, or make the handler faster.';
  return condition('SLOAchievable', 'False', { reason: 'NotEnoughReplicas', message });
}

function effectCondition({ isScalingEffective }: DecisionFindings): ConditionFinding {
  if (isScalingEffective) return condition('ScalingEffective', 'True', { reason: 'Effective', message: '' });
  const message = 'Replicas were added and brought nothing: look at what the consumers wait for. No more are added.';
  return condition('ScalingEffective', 'False', { reason: 'ScalingIneffective', message });
}

function stallCondition({ stalled }: DecisionFindings): ConditionFinding {
  if (stalled.length === 0) return condition('PartitionsStalled', 'False', { reason: 'AllMove', message: '' });
  const message = `${nameSome(stalled)}: the commit does not move while others do. No replica will help; look for a message that cannot be processed.`;
  return condition('PartitionsStalled', 'True', { reason: 'CommitStuck', message });
}

function conflictCondition(competitors: readonly Competitor[]): ConditionFinding {
  if (competitors.length === 0) return condition('Conflict', 'False', { reason: 'OnlyScaler', message: '' });
  const names = nameSome(competitors.map(({ kind, name }) => `${kind} ${name}`));
  const message = `${names} scales the same Deployment; remove one of them. Nothing is scaled meanwhile.`;
  return condition('Conflict', 'True', { reason: 'OtherScaler', message });
}

function condition(
  type: ConditionType,
  status: ConditionStatus,
  { reason, message }: { readonly reason: string; readonly message: string },
): ConditionFinding {
  return { type, status, reason, message };
}

function nameSome(names: readonly string[]): string {
  const named = names.slice(0, MAX_NAMED).join(', ');
  return names.length > MAX_NAMED ? `${named} and others` : named;
}
