import type { Cents } from '@orderflow/contracts/money';

/** Names of the totals in `sales_totals`; those that begin with `revenue` are cents. */
export type TotalMetric =
  | 'orders_total'
  | 'revenue_total'
  | 'orders_paid_total'
  | 'revenue_paid_total'
  | 'orders_shipped_total'
  | 'orders_cancelled_total'
  | 'revenue_cancelled_total';

export interface MinuteSales {
  /** Begin of the minute, Unix milliseconds. */
  readonly startMs: number;
  readonly orders: number;
  readonly revenueCents: Cents;
}

export interface ProductSales {
  readonly productId: string;
  readonly units: number;
  readonly revenueCents: Cents;
}

/** What to add to the sales. */
export interface SalesEffects {
  readonly totals: Readonly<Partial<Record<TotalMetric, number>>>;
  readonly minute?: MinuteSales;
  readonly products?: readonly ProductSales[];
}

/** The effects of many events as one increment per row. Every list is sorted by its key, so that all writers lock in one order. */
export interface SalesIncrements {
  readonly totals: readonly { readonly metric: string; readonly delta: number }[];
  readonly minutes: readonly MinuteSales[];
  readonly products: readonly ProductSales[];
}

/** Adds effects up. */
export function sumEffects(effects: Iterable<SalesEffects>): SalesIncrements {
  const totals = new Map<string, number>();
  const minutes = new Map<number, MinuteSales>();
  const products = new Map<string, ProductSales>();
  for (const effect of effects) {
    for (const [metric, delta] of Object.entries(effect.totals)) totals.set(metric, (totals.get(metric) ?? 0) + delta);
    if (effect.minute !== undefined) addMinute(minutes, effect.minute);
    for (const product of effect.products ?? []) addProduct(products, product);
  }
  return {
    totals: [...totals].map(([metric, delta]) => ({ metric, delta })).toSorted((a, b) => compare(a.metric, b.metric)),
    minutes: [...minutes.values()].toSorted((a, b) => a.startMs - b.startMs),
    products: [...products.values()].toSorted((a, b) => compare(a.productId, b.productId)),
  };
}

function addMinute(minutes: Map<number, MinuteSales>, added: MinuteSales): void {
  const sum = minutes.get(added.startMs) ?? { orders: 0, revenueCents: 0 };
  minutes.set(added.startMs, {
    startMs: added.startMs,
    orders: sum.orders + added.orders,
    revenueCents: sum.revenueCents + added.revenueCents,
  });
}

function addProduct(products: Map<string, ProductSales>, added: ProductSales): void {
  const sum = products.get(added.productId) ?? { units: 0, revenueCents: 0 };
  products.set(added.productId, {
    productId: added.productId,
    units: sum.units + added.units,
    revenueCents: sum.revenueCents + added.revenueCents,
  });
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
