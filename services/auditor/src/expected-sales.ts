import type { EventType } from '@orderflow/contracts/events';
import { orderLinesFrom } from './items-text.ts';
import type { MinuteSales, OrderRow, ProductSales, SalesFigures } from './observations.ts';
import { orderHistory } from './order-history.ts';

const MINUTE_MS = 60_000;

/** The counters that each event type moves: how many of them there were, and the money of their orders. */
export const COUNTERS = {
  ORDER_CREATED: { count: 'orders_total', revenue: 'revenue_total' },
  PAYMENT_COMPLETED: { count: 'orders_paid_total', revenue: 'revenue_paid_total' },
  ORDER_SHIPPED: { count: 'orders_shipped_total', revenue: undefined },
  ORDER_CANCELLED: { count: 'orders_cancelled_total', revenue: 'revenue_cancelled_total' },
} as const satisfies Record<EventType, { readonly count: string; readonly revenue: string | undefined }>;

/** What analytics must show when every state change of these orders had its effect exactly once. */
export function expectedSales(orders: Iterable<OrderRow>): SalesFigures {
  const totals = new Map<string, number>();
  const minutes = new Map<number, MinuteSales>();
  const products = new Map<string, ProductSales>();
  for (const order of orders) {
    addToTotals(order, totals);
    addToMinute(order, minutes);
    addToProducts(order, products);
  }
  if (totals.size > 0) totals.set('revenue_net', netRevenue(totals));
  return { totals, minutes: new Map([...minutes].map(([index, sales]) => [minuteText(index), sales])), products };
}

/** revenue_total - revenue_cancelled_total, in cents. */
export function netRevenue(totals: ReadonlyMap<string, number>): number {
  return (totals.get('revenue_total') ?? 0) - (totals.get('revenue_cancelled_total') ?? 0);
}

function addToTotals({ status, sequence, totalCents }: OrderRow, totals: Map<string, number>): void {
  for (const eventType of orderHistory(status, sequence) ?? []) {
    const { count, revenue } = COUNTERS[eventType];
    totals.set(count, (totals.get(count) ?? 0) + 1);
    if (revenue !== undefined) totals.set(revenue, (totals.get(revenue) ?? 0) + totalCents);
  }
}

/** By minutes since 1970, which are cheaper to make than texts. */
function addToMinute({ createdAtMs, totalCents }: OrderRow, minutes: Map<number, MinuteSales>): void {
  const minute = Math.floor(createdAtMs / MINUTE_MS);
  const { orders, revenueCents } = minutes.get(minute) ?? { orders: 0, revenueCents: 0 };
  minutes.set(minute, { orders: orders + 1, revenueCents: revenueCents + totalCents });
}

function addToProducts({ itemsText }: OrderRow, products: Map<string, ProductSales>): void {
  for (const { productId, quantity, priceCents } of orderLinesFrom(itemsText) ?? []) {
    const { units, revenueCents } = products.get(productId) ?? { units: 0, revenueCents: 0 };
    products.set(productId, { units: units + quantity, revenueCents: revenueCents + quantity * priceCents });
  }
}

/** The UTC minute as analytics names it: `2026-01-31T12:00Z`. */
function minuteText(minutesSince1970: number): string {
  return `${new Date(minutesSince1970 * MINUTE_MS).toISOString().slice(0, 16)}Z`;
}
