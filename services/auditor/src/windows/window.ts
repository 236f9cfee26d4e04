import { firstIdAt } from '@orderflow/contracts/ids';

/** The orders whose UUIDv7 ids are of a moment from `fromMs` up to, not including, `toMs` (Unix milliseconds). */
export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What `orders` holds of a window. */
export interface OrderSums {
  readonly orders: number;
  readonly revenueCents: number;
  /** State changes: an order in its third state has had three. */
  readonly changes: number;
  /**
   * Sum of a 64-bit hash of each state change (order id, sequence, event type), as a decimal text. It does not depend
   * on the order in which rows are read; equal digests mean equal rows, but for one chance in about 2^64.
   */
  readonly digest: string;
}

/** What analytics has applied of a window; the digest is made of the same parts. */
export interface EffectSums {
  readonly changes: number;
  readonly digest: string;
}

export const MINUTE_MS = 60_000;
export const SECOND_MS = 1_000;

/** The ids of a window: from `low` up to, not including, `high`. */
export function idRange({ fromMs, toMs }: Window): { readonly low: string; readonly high: string } {
  return { low: firstIdAt(fromMs), high: firstIdAt(toMs) };
}

/** The window in equal parts of the given length, which must divide it. */
export function splitWindow({ fromMs, toMs }: Window, lengthMs: number): Window[] {
  const parts: Window[] = [];
  for (let startMs = fromMs; startMs < toMs; startMs += lengthMs) {
    parts.push({ fromMs: startMs, toMs: startMs + lengthMs });
  }
  return parts;
}

/** The minute, a UTC one, in which a moment lies. */
export function minuteOf(timestampMs: number): Window {
  const fromMs = Math.floor(timestampMs / MINUTE_MS) * MINUTE_MS;
  return { fromMs, toMs: fromMs + MINUTE_MS };
}

/** Whether every state change of the window had its effect, and nothing else had one. */
export function isSame(orders: OrderSums, effects: EffectSums): boolean {
  return orders.changes === effects.changes && orders.digest === effects.digest;
}
