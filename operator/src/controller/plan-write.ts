import type { LagScalerSpec } from '../api/v1alpha1/spec.ts';
import type { Decision } from '../scaling/decision.ts';
import type { Competitor } from './competitors.ts';
import type { Hold } from './manual-hold.ts';

/** Why replicas are not touched whatever the decision is. */
export type Hindrance = 'Conflict' | 'DryRun' | 'ManualHold';

export type WritePlan =
  | { readonly kind: 'scale'; readonly replicas: number }
  | { readonly kind: 'leave'; readonly hindrance: Hindrance | null };

export interface WriteInput {
  readonly decision: Decision;
  readonly mode: LagScalerSpec['mode'];
  readonly competitors: readonly Competitor[];
  readonly hold: Hold;
}

/** What becomes of a decision. */
export function planWrite({ decision, mode, competitors, hold }: WriteInput): WritePlan {
  const hindrance = findHindrance(mode, competitors, hold);
  if (hindrance !== null || decision.replicas === decision.currentReplicas) return { kind: 'leave', hindrance };
  return { kind: 'scale', replicas: decision.replicas };
}

function findHindrance(mode: LagScalerSpec['mode'], competitors: readonly Competitor[], hold: Hold): Hindrance | null {
  if (competitors.length > 0) return 'Conflict';
  if (mode !== 'Active') return 'DryRun';
  return hold.untilMs === null ? null : 'ManualHold';
}
