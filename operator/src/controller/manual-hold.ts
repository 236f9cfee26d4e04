/** What is known of who set the replicas last. */
export interface HoldInput {
  readonly nowMs: number;
  readonly specReplicas: number;
  /** As last seen or meant by the operator; empty when the target is seen for the first time. */
  readonly knownReplicas: readonly number[];
  /** Of a hold that was found before; null when there is none. */
  readonly holdUntilMs: number | null;
  readonly manualHoldSeconds: number;
}

export interface Hold {
  /** Null when the operator is free to act. */
  readonly untilMs: number | null;
  /** Somebody has just set the replicas. */
  readonly isNew: boolean;
}

/**
 * Replicas that are neither what was seen nor what was meant were set by somebody else. They are left alone for a
 * while: whoever ran `kubectl scale` had a reason.
 */
export function decideHold({ nowMs, specReplicas, knownReplicas, holdUntilMs, manualHoldSeconds }: HoldInput): Hold {
  const isForeign = knownReplicas.length > 0 && !knownReplicas.includes(specReplicas);
  if (isForeign && manualHoldSeconds > 0) return { untilMs: nowMs + manualHoldSeconds * 1_000, isNew: true };
  // With a shorter hold in the spec than when it began, it ends sooner; a clock that was set back does not prolong it.
  const untilMs = holdUntilMs === null ? null : Math.min(holdUntilMs, nowMs + manualHoldSeconds * 1_000);
  return { untilMs: untilMs !== null && untilMs > nowMs ? untilMs : null, isNew: false };
}
