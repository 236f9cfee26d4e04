import type { LagScalerStatus } from '../api/v1alpha1/status.ts';
import { announceTransitions } from './announcements.ts';
import { rateStatus } from './build-status.ts';
import type { LagScalerResource, WriteOutcome } from './ports.ts';
import { assertLeading, type ReconcileContext } from './reconcile-context.ts';
import type { ScalerState } from './scaler-state.ts';

/** Numbers that only move are written so often at most. */
const NUMBERS_INTERVAL_MS = 15_000;

interface StatusWrite {
  readonly resource: LagScalerResource;
  readonly state: ScalerState;
  readonly next: LagScalerStatus;
}

/**
 * Writes a status if it is worth a call, and warns of what has become bad. `written` also when there was nothing to
 * write. After a conflict the next poll tries again, over a newer version.
 */
export async function writeStatus(
  context: ReconcileContext,
  { resource, state, next }: StatusWrite,
): Promise<WriteOutcome> {
  const nowMs = context.clock.nowMs();
  const urgency = rateStatus(state.status, next);
  const isFresh = Math.abs(nowMs - state.statusWrittenMs) < NUMBERS_INTERVAL_MS;
  if (urgency === 'never' || (urgency === 'soon' && isFresh)) return 'written';
  assertLeading(context);
  const outcome = await context.lagScalers.replaceStatus(resource, next);
  if (outcome !== 'written') return outcome;
  for (const announcement of announceTransitions(state.status.conditions, next.conditions)) {
    context.events.record({ ...announcement, regarding: resource });
  }
  state.status = next;
  state.statusWrittenMs = nowMs;
  return 'written';
}
