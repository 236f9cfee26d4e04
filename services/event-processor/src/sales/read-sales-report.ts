import type { SalesQuery, SalesReport } from '@orderflow/contracts/analytics';
import { decimalFromCents } from '@orderflow/contracts/money';
import type { Pool } from '@orderflow/service-kit/postgres';
import type { TotalMetric } from '../events/sales-effects.ts';

/** One statement, so that all figures are of one moment. */
const READ_REPORT = `
  SELECT
    (SELECT coalesce(json_object_agg(t.metric_name, t.value), '{}')
     FROM (SELECT metric_name, sum(value) AS value FROM sales_totals GROUP BY metric_name) t) AS totals,
    (SELECT coalesce(json_agg(m ORDER BY m.minute), '[]')
     FROM (SELECT to_char(minute AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"') AS minute,
             sum(orders) AS orders, sum(revenue_cents) AS cents
           FROM sales_by_minute
           GROUP BY sales_by_minute.minute
           ORDER BY sales_by_minute.minute DESC
           LIMIT $1) m) AS minutes,
    (SELECT coalesce(json_agg(p ORDER BY p.units DESC, p."productId"), '[]')
     FROM (SELECT product_id AS "productId", sum(units) AS units, sum(revenue_cents) AS cents
           FROM sales_by_product
           GROUP BY product_id
           ORDER BY units DESC, product_id
           LIMIT $2) p) AS products,
    (SELECT max(updated_at) FROM sales_totals) AS updated_at`;

interface ReportRow {
  readonly totals: Readonly<Partial<Record<TotalMetric, number>>>;
  readonly minutes: readonly { readonly minute: string; readonly orders: number; readonly cents: number }[];
  readonly products: readonly { readonly productId: string; readonly units: number; readonly cents: number }[];
  readonly updated_at: Date | null;
}

/** Reads the sales so far. */
export async function readSalesReport(pool: Pool, { minutes, top }: SalesQuery): Promise<SalesReport> {
  const { rows } = await pool.query<ReportRow>({
    name: 'read-sales-report',
    text: READ_REPORT,
    values: [minutes, top],
  });
  const [row] = rows;
  if (row === undefined) throw new Error('the sales report has no row');
  return {
    totals: toTotals(row.totals),
    perMinute: row.minutes.map(({ minute, orders, cents }) => ({ minute, orders, revenue: decimalFromCents(cents) })),
    topProducts: row.products.map(({ productId, units, cents }) => ({
      productId,
      units,
      revenue: decimalFromCents(cents),
    })),
    updatedAt: row.updated_at?.toISOString() ?? null,
  };
}

function toTotals(totals: ReportRow['totals']): SalesReport['totals'] {
  const revenueCents = totals.revenue_total ?? 0;
  const cancelledCents = totals.revenue_cancelled_total ?? 0;
  return {
    orders: totals.orders_total ?? 0,
    revenue: decimalFromCents(revenueCents),
    ordersPaid: totals.orders_paid_total ?? 0,
    ordersShipped: totals.orders_shipped_total ?? 0,
    ordersCancelled: totals.orders_cancelled_total ?? 0,
    revenuePaid: decimalFromCents(totals.revenue_paid_total ?? 0),
    revenueCancelled: decimalFromCents(cancelledCents),
    revenueNet: decimalFromCents(revenueCents - cancelledCents),
  };
}
