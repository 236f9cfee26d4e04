import { describe, expect, test } from '@jest/globals';
import { compareMinute, compareTotals } from './compare-figures.ts';

const WINDOW = { fromMs: Date.parse('2026-01-31T12:00:00Z'), toMs: Date.parse('2026-01-31T12:01:00Z') };
const ORDERS = { orders: 3, revenueCents: 900, changes: 4, digest: '0' };
const minute = (orders: number, revenueCents: number) => ({ orders: ORDERS, figures: { orders, revenueCents } });

describe('a minute of analytics', () => {
  test('that equals its orders is fine', () => {
    expect(compareMinute(WINDOW, minute(3, 900))).toEqual({ findings: [], driftCents: 0 });
  });

  test('that counts an order twice is duplicated by one', () => {
    expect(compareMinute(WINDOW, minute(4, 1_200))).toMatchObject({
      findings: [{ kind: 'duplicated', subject: 'orders_per_minute 2026-01-31T12:00Z', amount: 1 }],
      driftCents: 300,
    });
  });

  test('that misses two orders has lost two', () => {
    expect(compareMinute(WINDOW, minute(1, 300))).toMatchObject({
      findings: [{ kind: 'lost', amount: 2 }],
      driftCents: -600,
    });
  });

  test('that has a cent too much is miscounted', () => {
    expect(compareMinute(WINDOW, minute(3, 901))).toMatchObject({ findings: [{ kind: 'miscounted' }], driftCents: 1 });
  });

  test('does not drift by orders that are on their way', () => {
    const missing = { pending: { orders: 1, revenueCents: 300 }, lost: { orders: 0 } };
    expect(compareMinute(WINDOW, minute(2, 600), missing)).toEqual({ findings: [], driftCents: 0 });
  });

  test('drifts by an order that is lost, which is named once', () => {
    const missing = { pending: { orders: 0, revenueCents: 0 }, lost: { orders: 1 } };
    expect(compareMinute(WINDOW, minute(2, 600), missing)).toEqual({ findings: [], driftCents: -300 });
  });
});

test('totals that agree are fine, others are named with what each part says', () => {
  const orders = { sales_totals: 5, sales_metrics: 5, minutes: 5 };
  const revenueCents = { sales_totals: 100, sales_metrics: 100, minutes: 100, products: 100 };
  expect(compareTotals({ orders, revenueCents })).toEqual([]);
  const findings = compareTotals({ orders, revenueCents: { ...revenueCents, products: 99 } });
  expect(findings).toMatchObject([{ kind: 'miscounted', subject: 'revenue_total' }]);
  expect(findings[0]?.text).toContain('minutes 1.00, products 0.99');
});
