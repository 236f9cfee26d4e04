import type { ReplicaChange, ScalerReport, ScalingDecision } from '@orderflow/contracts/scaling-decision';
import type { Decision } from '../scaling/decision.ts';
import { explain } from '../scaling/explain.ts';
import type { ScalingPolicy } from '../scaling/policy.ts';
import type { Hindrance } from './plan-write.ts';
import type { ObjectRef } from './ports.ts';

const CHANGES_KEPT = 20;

/** A decision with what its words need. */
export interface Decided {
  readonly decision: Decision;
  readonly policy: ScalingPolicy;
  /** Why it is not carried out; null when it is. */
  readonly hindrance: Hindrance | null;
}

/** What somebody who asks is told of one LagScaler. */
export function reportScaler(
  { namespace, name }: ObjectRef,
  decided: Decided | undefined,
  changes: readonly ReplicaChange[],
): ScalerReport {
  const scaling = decided === undefined ? null : describeDecision(decided);
  return { namespace, name, scaling, changes: [...changes] };
}

function describeDecision({ decision, policy, hindrance }: Decided): ScalingDecision {
  const { atMs, direction, replicas } = decision;
  const [headline = '', ...terms] = explain(decision, policy).split('\n');
  const first = hindrance === null || direction === 'hold' ? headline : `${headline} Not done: ${hindrance}.`;
  return { at: new Date(atMs).toISOString(), direction, replicas, text: [first, ...terms].join('\n') };
}

/** The changes with one more, which was carried out. */
export function withChange(changes: readonly ReplicaChange[], decided: Decided): readonly ReplicaChange[] {
  const { at, text } = describeDecision(decided);
  return [{ at, text: text.split('\n', 1)[0] ?? '' }, ...changes].slice(0, CHANGES_KEPT);
}
