import type { ClusterEvent } from '../controller/ports.ts';

/** What is to be sent for an event that was recorded. */
export type EventPlan =
  { readonly kind: 'create' } | { readonly kind: 'count'; readonly series: EventSeries } | { readonly kind: 'nothing' };

/** Repetitions of one event; becomes one Event object with a series. */
export interface EventSeries {
  readonly name: string;
  count: number;
  lastObservedMs: number;
  lastSentMs: number;
}

/** A series ends when nothing was added for that long. As client-go's. */
const SERIES_ENDS_MS = 360_000;
/** A running series is counted on the server that often at most. */
const COUNT_INTERVAL_MS = 60_000;
/** Events of one object in a burst, and the time after which it may have one more. */
const BURST = 25;
const REFILL_MS = 10_000;
const MAX_SERIES = 1_000;

/** Which repetitions are told, so that an event that comes with every poll is a handful of calls an hour. */
export class EventSeriesBook {
  readonly #series = new Map<string, EventSeries>();
  readonly #buckets = new Map<string, { left: number; sinceMs: number }>();

  /** `name` is that of a new Event object, should it become one. */
  plan(event: ClusterEvent, { name, nowMs }: { readonly name: string; readonly nowMs: number }): EventPlan {
    const key = keyOf(event);
    const series = this.#series.get(key);
    if (series !== undefined && nowMs - series.lastObservedMs < SERIES_ENDS_MS) {
      series.count += 1;
      series.lastObservedMs = nowMs;
      if (series.count > 2 && nowMs - series.lastSentMs < COUNT_INTERVAL_MS) return { kind: 'nothing' };
      series.lastSentMs = nowMs;
      return { kind: 'count', series };
    }
    if (!this.#takeToken(event.regarding.uid, nowMs)) return { kind: 'nothing' };
    this.#forgetEnded(nowMs);
    this.#series.set(key, { name, count: 1, lastObservedMs: nowMs, lastSentMs: nowMs });
    return { kind: 'create' };
  }

  /** It did not reach the server: the next repetition is a new event. */
  drop(event: ClusterEvent): void {
    this.#series.delete(keyOf(event));
  }

  #takeToken(uid: string, nowMs: number): boolean {
    const bucket = this.#buckets.get(uid) ?? { left: BURST, sinceMs: nowMs };
    const refilled = Math.floor((nowMs - bucket.sinceMs) / REFILL_MS);
    bucket.left = Math.min(BURST, bucket.left + refilled);
    bucket.sinceMs += refilled * REFILL_MS;
    this.#buckets.set(uid, bucket);
    if (bucket.left === 0) return false;
    bucket.left -= 1;
    return true;
  }

  #forgetEnded(nowMs: number): void {
    for (const [key, { lastObservedMs }] of this.#series)
      if (nowMs - lastObservedMs >= SERIES_ENDS_MS || this.#series.size >= MAX_SERIES) this.#series.delete(key);
    for (const [uid, { sinceMs }] of this.#buckets) if (nowMs - sinceMs >= BURST * REFILL_MS) this.#buckets.delete(uid);
  }
}

/** With the note: `from 2 to 6` and `from 6 to 12` are two events. */
function keyOf({ regarding, type, reason, action, note }: ClusterEvent): string {
  return JSON.stringify([regarding.uid, type, reason, action, note]);
}
