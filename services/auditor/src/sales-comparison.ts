import { countText, moneyText, type Findings } from './findings.ts';
import type { SalesFigures } from './observations.ts';

/** One number under its name: `revenue_total`, `orders_per_minute 2026-01-31T12:00Z`, `top_products product-7`. */
type NamedFigures = ReadonlyMap<string, number>;

/** Every number of the figures by the name under which `sales_metrics` shows it. */
export function namedFigures({ totals, minutes, products }: SalesFigures): NamedFigures {
  const named = new Map(totals);
  for (const [minute, { orders, revenueCents }] of minutes) {
    named.set(`orders_per_minute ${minute}`, orders);
    named.set(`revenue_per_minute ${minute}`, revenueCents);
  }
  for (const [productId, { units, revenueCents }] of products) {
    named.set(`top_products ${productId}`, units);
    named.set(`product_revenue ${productId}`, revenueCents);
  }
  return named;
}

export interface ComparedFigures {
  readonly shown: NamedFigures;
  readonly expected: NamedFigures;
  /** What the expectation rests on, for the report: `orders come to`. */
  readonly basis: string;
}

/**
 * Reports every number that differs; a number that is missing counts as 0. Returns how many were compared.
 */
export function compareFigures({ shown, expected, basis }: ComparedFigures, findings: Findings): number {
  const names = new Set([...expected.keys(), ...shown.keys()]);
  for (const name of names) {
    const shownValue = shown.get(name) ?? 0;
    const expectedValue = expected.get(name) ?? 0;
    if (shownValue === expectedValue) continue;
    const describe = (): string =>
      `${name} is ${figureText(name, shownValue)}, ${basis} ${figureText(name, expectedValue)}`;
    findings.add({ kind: 'miscounted', subject: name, describe });
  }
  return names.size;
}

function figureText(name: string, value: number): string {
  return isMoney(name) ? moneyText(value) : countText(value);
}

/** Whether a metric of `sales_metrics` is an amount of money; the others are counts. */
export function isMoney(metricName: string): boolean {
  return metricName.startsWith('revenue') || metricName.startsWith('product_revenue');
}
