import type { PoolClient } from '@orderflow/service-kit/postgres';
import type { MinuteSales, ProductSales, SalesFigures } from '../observations.ts';
import { isMoney } from '../sales-comparison.ts';
import { centsFromNumeric } from './decimal-cents.ts';

/** The sums of the counters' slots, as the tables have them. */
export async function readSalesTables(tx: PoolClient): Promise<SalesFigures> {
  const totals = await tx.query<{ metric_name: string; value: number }>(
    'SELECT metric_name, sum(value)::bigint AS value FROM sales_totals GROUP BY metric_name',
  );
  const minutes = await tx.query<{ minute: string; orders: number; revenue_cents: number }>(
    `SELECT to_char(minute AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"') AS minute,
            sum(orders)::bigint AS orders, sum(revenue_cents)::bigint AS revenue_cents
     FROM sales_by_minute GROUP BY 1`,
  );
  const products = await tx.query<{ product_id: string; units: number; revenue_cents: number }>(
    `SELECT product_id, sum(units)::bigint AS units, sum(revenue_cents)::bigint AS revenue_cents
     FROM sales_by_product GROUP BY product_id`,
  );
  return {
    totals: new Map(totals.rows.map((row) => [row.metric_name, row.value])),
    minutes: new Map(minutes.rows.map((row) => [row.minute, { orders: row.orders, revenueCents: row.revenue_cents }])),
    products: new Map(
      products.rows.map((row) => [row.product_id, { units: row.units, revenueCents: row.revenue_cents }]),
    ),
  };
}

/** What `sales_metrics` shows. */
export async function readSalesView(tx: PoolClient): Promise<SalesFigures> {
  const { rows } = await tx.query<{ metric_name: string; dimension: string; value: string }>(
    'SELECT metric_name, dimension, value::text AS value FROM sales_metrics',
  );
  const totals = new Map<string, number>();
  const minutes = new Map<string, MinuteSales>();
  const products = new Map<string, ProductSales>();
  for (const { metric_name: name, dimension, value } of rows) {
    const figure = isMoney(name) ? centsFromNumeric(value) : Number(value);
    const minute = minutes.get(dimension) ?? { orders: 0, revenueCents: 0 };
    const product = products.get(dimension) ?? { units: 0, revenueCents: 0 };
    if (name === 'orders_per_minute') minutes.set(dimension, { ...minute, orders: figure });
    else if (name === 'revenue_per_minute') minutes.set(dimension, { ...minute, revenueCents: figure });
    else if (name === 'top_products') products.set(dimension, { ...product, units: figure });
    else if (name === 'product_revenue') products.set(dimension, { ...product, revenueCents: figure });
    else totals.set(name, figure);
  }
  return { totals, minutes, products };
}
