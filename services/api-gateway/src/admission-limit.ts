/** How many new orders may be in flight, from their body to their answer, and by what that is decided. */
export interface AdmissionPolicy {
  /** What the quickest order of a window may take. Above it there is a queue that does not go away by itself. */
  readonly targetMs: number;
  /** As many as are stored at a time: that many do not queue, and fewer would leave the order service idle. */
  readonly minLimit: number;
  /** Also where the limit begins. */
  readonly maxLimit: number;
}

/** What was seen since the limit was last decided. */
export interface AdmissionWindow {
  readonly elapsedMs: number;
  /** The quickest answer; infinite when there was none. */
  readonly quickestMs: number;
}

const MIN_WINDOW_MS = 100;

/** Per window of quick answers: from the smallest limit to the largest in about three seconds. */
const GROWTH = 1.1;

/** The least that a window leaves of the limit. What it did is seen in the next one only. */
const MAX_CUT = 0.5;

/**
 * The limit from here on; undefined while it is too early for a decision: what the last one did shows in an answer to an
 * order that came after it.
 *
 * The signal is CoDel's (RFC 8289): the quickest answer, which a burst or a pause does not raise and a standing queue
 * does. Down it goes by Little's law (orders in flight are rate times latency), up by a tenth.
 */
export function decideLimit(policy: AdmissionPolicy, limit: number, window: AdmissionWindow): number | undefined {
  const { elapsedMs, quickestMs } = window;
  if (elapsedMs < Math.max(MIN_WINDOW_MS, quickestMs)) return undefined;
  if (quickestMs <= policy.targetMs) return Math.min(policy.maxLimit, Math.ceil(limit * GROWTH));
  return Math.max(policy.minLimit, Math.floor(limit * Math.max(MAX_CUT, policy.targetMs / quickestMs)));
}
