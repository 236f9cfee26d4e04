export interface FlushPolicy {
  readonly groupSize: number;
  readonly lingerMs: number;
  readonly lanes: number;
}

export interface IntakeState {
  readonly waiting: number;
  readonly busyLanes: number;
  readonly sinceLastFlushMs: number;
}

export type FlushPlan =
  { readonly kind: 'wait' } | { readonly kind: 'flush' } | { readonly kind: 'flush-in'; readonly delayMs: number };

/**
 * When the next group goes to the database: at once when it is full, or when the intake was quiet for the linger time
 * (a lone order waits for nobody); otherwise when the linger time since the last flush is over.
 */
export function planFlush(policy: FlushPolicy, state: IntakeState): FlushPlan {
  if (state.waiting === 0 || state.busyLanes >= policy.lanes) return { kind: 'wait' };
  if (state.waiting >= policy.groupSize) return { kind: 'flush' };
  // A clock that was set back must not keep orders waiting.
  const since = Math.max(0, state.sinceLastFlushMs);
  if (since >= policy.lingerMs) return { kind: 'flush' };
  return { kind: 'flush-in', delayMs: policy.lingerMs - since };
}
