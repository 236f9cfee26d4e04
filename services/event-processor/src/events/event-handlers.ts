import type { EventType } from '@orderflow/contracts/events';
import type { SalesEvent } from './sales-event.ts';
import type { SalesEffects } from './sales-effects.ts';

/** How far in the future an event may claim to be before its clock is not believed. */
export const MAX_CLOCK_SKEW_MS = 5 * 60_000;

const MINUTE_MS = 60_000;

/** What one event adds to the sales. Pure: the time is passed in. */
export type EventHandler = (event: SalesEvent, nowMs: number) => SalesEffects;

/** One handler per event type. A type without an entry does not compile. */
export const EVENT_HANDLERS: Readonly<Record<EventType, EventHandler>> = {
  ORDER_CREATED: (event, nowMs) => ({
    totals: { orders_total: 1, revenue_total: event.totalCents },
    minute: { startMs: minuteOf(event, nowMs), orders: 1, revenueCents: event.totalCents },
    products: event.items.map(({ productId, quantity, priceCents }) => ({
      productId,
      units: quantity,
      revenueCents: quantity * priceCents,
    })),
  }),
  PAYMENT_COMPLETED: (event) => ({ totals: { orders_paid_total: 1, revenue_paid_total: event.totalCents } }),
  ORDER_SHIPPED: () => ({ totals: { orders_shipped_total: 1 } }),
  ORDER_CANCELLED: (event) => ({ totals: { orders_cancelled_total: 1, revenue_cancelled_total: event.totalCents } }),
};

export function isFarInFuture(event: SalesEvent, nowMs: number): boolean {
  return event.timestampMs > nowMs + MAX_CLOCK_SKEW_MS;
}

/** Minutes go by event time: a late event corrects its own minute. One that is far in the future counts as of now. */
function minuteOf(event: SalesEvent, nowMs: number): number {
  const atMs = isFarInFuture(event, nowMs) ? nowMs : event.timestampMs;
  return Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
}
