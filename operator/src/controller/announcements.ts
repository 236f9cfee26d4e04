import type { Condition, ConditionStatus, ConditionType } from '../api/v1alpha1/conditions.ts';
import type { Decision } from '../scaling/decision.ts';
import type { ClusterEvent } from './ports.ts';

export type Announcement = Omit<ClusterEvent, 'regarding'>;

/** Which status of a condition is worth a warning. */
const BAD_STATUS: Readonly<Partial<Record<ConditionType, ConditionStatus>>> = {
  MetricsAvailable: 'False',
  SLOAchievable: 'False',
  ScalingEffective: 'False',
  PartitionsStalled: 'True',
  Conflict: 'True',
};

/** Ready has bad news of its own only where nothing else is known. */
const STANDSTILLS = new Set(['InvalidSpec', 'TargetNotFound']);

/** Warnings for what has become bad since the last poll. */
export function announceTransitions(
  previous: readonly Condition[],
  next: readonly Condition[],
): readonly Announcement[] {
  return next.flatMap(({ type, status, reason, message }) => {
    const before = previous.find((condition) => condition.type === type);
    const isNew = before?.status !== status || before.reason !== reason;
    const isBad = BAD_STATUS[type] === status || (type === 'Ready' && STANDSTILLS.has(reason));
    return isNew && isBad ? [warning(reason, message)] : [];
  });
}

/** A warning for partitions whose log ends before the commit, once per occurrence. */
export function announceRegressions(previous: readonly string[], next: readonly string[]): readonly Announcement[] {
  const fresh = next.filter((partition) => !previous.includes(partition));
  if (fresh.length === 0) return [];
  const note = `${fresh.slice(0, 10).join(', ')}: the log ends before the commit; the topic was made anew or truncated.`;
  return [warning('OffsetRegression', note)];
}

/** What was done. */
export function announceScale({ currentReplicas, replicas, reason, terms }: Decision): Announcement {
  const isUp = replicas > currentReplicas;
  const note =
    `From ${currentReplicas} to ${replicas} replicas (${reason}): lag ${terms.backlogMessages ?? 'unknown'}, ` +
    `${terms.arrivalRate ?? 'unknown'} messages/s come in, ${terms.ratePerReplica} messages/s per replica.`;
  return { type: 'Normal', reason: isUp ? 'ScaledUp' : 'ScaledDown', action: 'Scaling', note };
}

/** What would have been done. */
export function announceDryRun(decision: Decision): Announcement {
  return { ...announceScale(decision), reason: decision.direction === 'up' ? 'WouldScaleUp' : 'WouldScaleDown' };
}

export function announceHold(replicas: number, untilMs: number): Announcement {
  const note = `Somebody has set ${replicas} replicas; they are left alone until ${new Date(untilMs).toISOString()}.`;
  return { type: 'Normal', reason: 'ManualHold', action: 'Holding', note };
}

export function announceRestore(replicas: number): Announcement {
  const note = `Back to ${replicas} replicas, as before this LagScaler.`;
  return { type: 'Normal', reason: 'Restored', action: 'Deleting', note };
}

function warning(reason: string, note: string): Announcement {
  return { type: 'Warning', reason, action: 'Reconciling', note };
}
