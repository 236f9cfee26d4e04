import type { OrderEvent } from '@orderflow/contracts/events';
import type { Client } from 'pg';

/** All sums of an analytics database as lines of text, sorted: equal databases give equal lines. */
export type SalesFigures = readonly string[];

/** Works on the tables of both sides: the one without slots has one row where the other has several. */
const READ_FIGURES = `
SELECT concat_ws(' ', 'total', metric_name, sum(value)) AS line FROM sales_totals GROUP BY metric_name
UNION ALL
SELECT concat_ws(' ', 'minute', extract(epoch FROM minute)::bigint, sum(orders), sum(revenue_cents))
FROM sales_by_minute GROUP BY minute
UNION ALL
SELECT concat_ws(' ', 'product', product_id, sum(units), sum(revenue_cents)) FROM sales_by_product GROUP BY product_id
UNION ALL
SELECT concat_ws(' ', 'events', count(*)) FROM processed_events`;

export async function readSalesFigures(client: Client): Promise<SalesFigures> {
  const { rows } = await client.query<{ line: string }>(READ_FIGURES);
  return rows.map(({ line }) => line).toSorted();
}

/** What the figures must be after these events. It shares no code with either side. */
export function expectedSalesFigures(events: Iterable<OrderEvent>): SalesFigures {
  const sums = new Map<string, number[]>();
  const add = (key: string, amounts: readonly number[]): void => {
    const sum = sums.get(key);
    sums.set(key, sum === undefined ? [...amounts] : amounts.map((amount, index) => amount + (sum[index] ?? 0)));
  };
  for (const event of events) {
    const cents = Math.round(event.totalPrice * 100);
    add('events', [1]);
    if (event.eventType === 'PAYMENT_COMPLETED') {
      add('total orders_paid_total', [1]);
      add('total revenue_paid_total', [cents]);
    }
    if (event.eventType !== 'ORDER_CREATED') continue;
    add('total orders_total', [1]);
    add('total revenue_total', [cents]);
    add(`minute ${Math.floor(Date.parse(event.timestamp) / 60_000) * 60}`, [1, cents]);
    for (const { productId, quantity, price } of event.items) {
      add(`product ${productId}`, [quantity, quantity * Math.round(price * 100)]);
    }
  }
  return [...sums].map(([key, amounts]) => [key, ...amounts].join(' ')).toSorted();
}

/** @throws {Error} with the first lines that differ. */
export function verifyEqualFigures(found: SalesFigures, expected: SalesFigures, who: string): void {
  const unexpected = found.filter((line) => !expected.includes(line));
  const missing = expected.filter((line) => !found.includes(line));
  if (unexpected.length + missing.length === 0) return;
  const text = (lines: readonly string[]): string => lines.slice(0, 3).join('; ') || 'nothing';
  throw new Error(`${who} has computed something else: ${text(unexpected)} instead of ${text(missing)}`);
}
