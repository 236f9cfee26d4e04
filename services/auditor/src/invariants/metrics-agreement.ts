import { counted, countText, Findings, moneyText, type Judgement } from '../findings.ts';
import { netRevenue } from '../expected-sales.ts';
import type { Ledger } from '../ledger.ts';
import type { SalesFigures } from '../observations.ts';
import { compareFigures, namedFigures } from '../sales-comparison.ts';

/** I6: the figures agree among themselves: the view with its tables, minutes and products with the totals. */
export function checkMetricsAgreement(ledger: Ledger): Judgement {
  const findings = new Findings();
  const { tables, view } = ledger.observations.analytics;
  const expected = new Map(namedFigures(tables));
  if (tables.totals.size > 0) expected.set('revenue_net', netRevenue(tables.totals));
  const figures = compareFigures({ shown: namedFigures(view), expected, basis: 'its tables say' }, findings);
  checkSums(tables, findings);
  return findings.judge({
    id: 'I6',
    title: 'metrics agree with rows: view, totals, minutes and products',
    checked: figures,
    explanation: `${counted(figures, 'figure')}, ${counted(tables.minutes.size, 'minute')}, ${counted(tables.products.size, 'product')}`,
  });
}

function checkSums({ totals, minutes, products }: SalesFigures, findings: Findings): void {
  let orders = 0;
  let minutesCents = 0;
  let productsCents = 0;
  for (const minute of minutes.values()) {
    orders += minute.orders;
    minutesCents += minute.revenueCents;
  }
  for (const product of products.values()) productsCents += product.revenueCents;
  const sums = [
    { name: 'orders_per_minute', total: 'orders_total', sum: orders, text: countText },
    { name: 'revenue_per_minute', total: 'revenue_total', sum: minutesCents, text: moneyText },
    { name: 'product_revenue', total: 'revenue_total', sum: productsCents, text: moneyText },
  ];
  for (const { name, total, sum, text } of sums) {
    const value = totals.get(total) ?? 0;
    if (sum === value) continue;
    const describe = (): string => `${name} adds up to ${text(sum)}, ${total} is ${text(value)}`;
    findings.add({ kind: 'miscounted', subject: name, describe });
  }
}
