import { MINUTE_MS, type Window } from './window.ts';

/** What a look at a window found. */
export type LookOutcome =
  /** Every state change had its effect exactly once. */
  | 'proved'
  /** The same, but for changes that are parked, given up, dead letters or in the outbox. */
  | 'pending'
  /** Something is wrong. */
  | 'broken'
  /** It could not be told now. */
  | 'unsettled';

export interface WindowMark extends Window {
  readonly lookedAtMs: number;
  readonly outcome: LookOutcome;
}

export interface LookPolicy {
  /** How long after its end a window is looked at for the first time. No verdict rests on it: it only spares work. */
  readonly settleMs: number;
  /** How often a window is looked at again that is not proved. */
  readonly retryMs: number;
  /** Windows of one round. */
  readonly limit: number;
}

/** Proved windows are left alone for at least so long. */
const MIN_GAP_MS = 30_000;

export interface LookPlan {
  /** Windows whose orders are all old enough. */
  readonly closed: readonly Window[];
  /** The minutes that orders still come into: worth a look only while they are few, or at rest. */
  readonly open: readonly Window[];
  /** Whether more are due than the limit allows. */
  readonly isCut: boolean;
}

export interface LookState {
  /** The oldest minute that is audited; undefined while there is no order. */
  readonly firstMs: number | undefined;
  readonly marks: ReadonlyMap<number, WindowMark>;
  readonly nowMs: number;
}

/**
 * Chooses the windows of a round. A window is looked at when it has settled, and again whenever half its age has passed
 * since: an order that was committed late and a transition that was lost are found, and each window costs the logarithm
 * of its age.
 */
export function planLooks({ firstMs, marks, nowMs }: LookState, policy: LookPolicy): LookPlan {
  const closed: Window[] = [];
  const open: Window[] = [];
  const again: WindowMark[] = [];
  for (let fromMs = firstMs ?? Infinity; fromMs <= nowMs; fromMs += MINUTE_MS) {
    const window = { fromMs, toMs: fromMs + MINUTE_MS };
    const mark = marks.get(fromMs);
    if (window.toMs + policy.settleMs > nowMs) open.push(window);
    else if (mark === undefined || mark.lookedAtMs < window.toMs + policy.settleMs) closed.push(window);
    else if (nowMs - mark.lookedAtMs >= gapMs(mark, policy)) again.push(mark);
  }
  again.sort((a, b) => a.lookedAtMs - b.lookedAtMs);
  const due = [...closed, ...again.map(({ fromMs, toMs }) => ({ fromMs, toMs }))];
  return { closed: due.slice(0, policy.limit), open, isCut: due.length > policy.limit };
}

function gapMs({ toMs, lookedAtMs, outcome }: WindowMark, { retryMs }: LookPolicy): number {
  return outcome === 'proved' ? Math.max(MIN_GAP_MS, (lookedAtMs - toMs) / 2) : retryMs;
}
