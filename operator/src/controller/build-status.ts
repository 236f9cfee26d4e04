import { isDeepStrictEqual } from 'node:util';
import { toConditions, toTimestamp, type ConditionFinding } from '../api/v1alpha1/conditions.ts';
import { toStoredMemory, type LagScalerStatus } from '../api/v1alpha1/status.ts';
import type { Decision } from '../scaling/decision.ts';
import type { ScalingMemory } from '../scaling/memory.ts';
import type { Hold } from './manual-hold.ts';
import type { Hindrance } from './plan-write.ts';

export interface StatusInput {
  readonly generation: number;
  readonly previous: LagScalerStatus;
  readonly decision: Decision;
  readonly memory: ScalingMemory;
  readonly hindrance: Hindrance | null;
  readonly hold: Hold;
  readonly conditions: readonly ConditionFinding[];
  /** When the operator last set the replicas; null when it never did. */
  readonly lastScaleMs: number | null;
}

/** The status after a poll. Numbers that are not known at this poll stay as they were. */
export function buildStatus(input: StatusInput): LagScalerStatus {
  const { previous, decision, hold, lastScaleMs } = input;
  const { terms } = decision;
  const { manualHoldUntil: _, ...kept } = previous;
  return {
    ...kept,
    observedGeneration: input.generation,
    ...(terms.backlogMessages !== null && { lag: terms.backlogMessages }),
    ...(terms.timeLagSeconds !== null && { timeLagSeconds: terms.timeLagSeconds }),
    ...(terms.arrivalRate !== null && { arrivalRate: terms.arrivalRate }),
    currentReplicas: decision.currentReplicas,
    desiredReplicas: decision.replicas,
    reason: input.hindrance ?? decision.reason,
    ...(lastScaleMs !== null && { lastScaleTime: toTimestamp(lastScaleMs) }),
    ...(hold.untilMs !== null && { manualHoldUntil: toTimestamp(hold.untilMs) }),
    conditions: toConditions(input.conditions, previous.conditions, {
      generation: input.generation,
      atMs: decision.atMs,
    }),
    memory: toStoredMemory(input.memory),
    lastDecision: { ...decision },
  };
}

/** The status while nothing can be decided, or shall be. The target counts as unseen; what was learned stays. */
export function buildStandstillStatus(
  previous: LagScalerStatus,
  conditions: readonly ConditionFinding[],
  { generation, atMs }: { readonly generation: number; readonly atMs: number },
): LagScalerStatus {
  const { currentReplicas: _, desiredReplicas: __, manualHoldUntil: ___, ...kept } = previous;
  return {
    ...kept,
    observedGeneration: generation,
    reason: conditions.find(({ type }) => type === 'Ready')?.reason ?? 'Unknown',
    conditions: toConditions(conditions, previous.conditions, { generation, atMs }),
  };
}

/** `now`: somebody waits for it. `soon`: numbers have moved. `never`: nothing new. */
export type StatusUrgency = 'now' | 'soon' | 'never';

/** How much a new status is worth a write. The time of a decision alone is worth none: idle LagScalers cost no calls. */
export function rateStatus(written: LagScalerStatus, next: LagScalerStatus): StatusUrgency {
  if (!isDeepStrictEqual(factsOf(written), factsOf(next))) return 'now';
  return isDeepStrictEqual(numbersOf(written), numbersOf(next)) ? 'never' : 'soon';
}

function factsOf(status: LagScalerStatus): object {
  const { lag: _, timeLagSeconds: __, arrivalRate: ___, memory: ____, lastDecision: _____, ...facts } = status;
  return asJson({ ...facts, conditions: status.conditions.map(({ message: ______, ...condition }) => condition) });
}

/** What brokers say of why they do not answer may be different each time. */
function numbersOf({ lag, timeLagSeconds, arrivalRate, memory, lastDecision, conditions }: LagScalerStatus): object {
  const messages = conditions.map(({ message }) => message);
  return asJson({ lag, timeLagSeconds, arrivalRate, memory, messages, lastDecision: { ...lastDecision, atMs: 0 } });
}

/** What was read from the API server and what is about to go there compare as JSON only. */
function asJson(value: object): object {
  return JSON.parse(JSON.stringify(value)) as object;
}
