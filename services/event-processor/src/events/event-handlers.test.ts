import { describe, expect, test } from '@jest/globals';
import type { EventType } from '@orderflow/contracts/events';
import { EVENT_HANDLERS, isFarInFuture, MAX_CLOCK_SKEW_MS } from './event-handlers.ts';
import type { SalesEvent } from './sales-event.ts';

const NOON = Date.UTC(2026, 0, 31, 12);

const event = (eventType: EventType, overrides: Partial<SalesEvent> = {}): SalesEvent => ({
  eventId: 'e',
  orderId: 'o',
  eventType,
  sequence: 1,
  timestampMs: NOON + 30_500,
  totalCents: 5_997,
  items: [],
  ...overrides,
});
const handle = (input: SalesEvent, nowMs = NOON + 31_000) => EVENT_HANDLERS[input.eventType](input, nowMs);

describe('event handlers', () => {
  test('a created order counts as an order, in its minute and for its products', () => {
    const items = [
      { productId: 'a', quantity: 2, priceCents: 1_999 },
      { productId: 'b', quantity: 1, priceCents: 1_999 },
    ];
    expect(handle(event('ORDER_CREATED', { items }))).toEqual({
      totals: { orders_total: 1, revenue_total: 5_997 },
      minute: { startMs: NOON, orders: 1, revenueCents: 5_997 },
      products: [
        { productId: 'a', units: 2, revenueCents: 3_998 },
        { productId: 'b', units: 1, revenueCents: 1_999 },
      ],
    });
  });

  test('the other types count for themselves only', () => {
    expect(handle(event('PAYMENT_COMPLETED'))).toEqual({ totals: { orders_paid_total: 1, revenue_paid_total: 5_997 } });
    expect(handle(event('ORDER_SHIPPED'))).toEqual({ totals: { orders_shipped_total: 1 } });
    expect(handle(event('ORDER_CANCELLED'))).toEqual({
      totals: { orders_cancelled_total: 1, revenue_cancelled_total: 5_997 },
    });
  });

  test('a late event counts in its own minute', () => {
    const effects = handle(event('ORDER_CREATED'), NOON + 3 * 3_600_000);
    expect(effects.minute?.startMs).toBe(NOON);
  });

  test('a clock that is a little ahead is believed, one that is far ahead is not', () => {
    const nowMs = NOON + 10_000;
    const believed = event('ORDER_CREATED', { timestampMs: nowMs + MAX_CLOCK_SKEW_MS });
    const unbelieved = event('ORDER_CREATED', { timestampMs: nowMs + MAX_CLOCK_SKEW_MS + 1 });
    expect(handle(believed, nowMs).minute?.startMs).toBe(NOON + MAX_CLOCK_SKEW_MS);
    expect(handle(unbelieved, nowMs).minute?.startMs).toBe(NOON);
    expect([believed, unbelieved].map((candidate) => isFarInFuture(candidate, nowMs))).toEqual([false, true]);
  });
});
