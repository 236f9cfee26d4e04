import type { PoolClient } from '@orderflow/service-kit/postgres';
import { centsFromNumeric } from '../readers/decimal-cents.ts';
import { idRange, type EffectSums, type Window } from './window.ts';

/** A row of `processed_events`: this state change had its effect. */
export interface AuditedEffect {
  readonly eventId: string;
  readonly orderId: string;
  readonly sequence: number;
  readonly eventType: string;
}

/** The seeds are those of order-windows.ts. */
const SUM_EFFECTS = `
SELECT p.changes, p.digest
FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS w (low, high, place)
CROSS JOIN LATERAL (
  SELECT count(*) AS changes, coalesce(sum(uuid_hash_extended(order_id, sequence * 8::bigint + CASE event_type
      WHEN 'ORDER_CREATED' THEN 1 WHEN 'PAYMENT_COMPLETED' THEN 2 WHEN 'ORDER_SHIPPED' THEN 3
      WHEN 'ORDER_CANCELLED' THEN 4 ELSE 0 END)), 0)::text AS digest
  FROM processed_events WHERE order_id >= w.low AND order_id < w.high
) p
ORDER BY w.place`;

/** The sums of each window, in the same order. */
export async function sumEffects(tx: PoolClient, windows: readonly Window[]): Promise<EffectSums[]> {
  const ranges = windows.map(idRange);
  const { rows } = await tx.query<EffectSums>({
    text: SUM_EFFECTS,
    values: [ranges.map(({ low }) => low), ranges.map(({ high }) => high)],
  });
  return rows;
}

/** The effects of the windows. */
export async function readEffects(tx: PoolClient, windows: readonly Window[]): Promise<AuditedEffect[]> {
  const ranges = windows.map(idRange);
  const { rows } = await tx.query<AuditedEffect>({
    text: `SELECT event_id AS "eventId", order_id AS "orderId", sequence, event_type AS "eventType"
           FROM unnest($1::uuid[], $2::uuid[]) AS w (low, high)
           JOIN processed_events ON order_id >= w.low AND order_id < w.high`,
    values: [ranges.map(({ low }) => low), ranges.map(({ high }) => high)],
  });
  return rows;
}

/** What analytics counted in a minute. */
export interface MinuteFigures {
  readonly orders: number;
  readonly revenueCents: number;
}

/** The figures of each window, which must be a UTC minute, in the same order. */
export async function readMinutes(tx: PoolClient, windows: readonly Window[]): Promise<MinuteFigures[]> {
  const { rows } = await tx.query<MinuteFigures>({
    text: `SELECT coalesce(sum(m.orders), 0)::bigint AS orders, coalesce(sum(m.revenue_cents), 0)::bigint AS "revenueCents"
           FROM unnest($1::timestamptz[]) WITH ORDINALITY AS w (minute, place) LEFT JOIN sales_by_minute m USING (minute)
           GROUP BY w.place ORDER BY w.place`,
    values: [windows.map(({ fromMs }) => new Date(fromMs).toISOString())],
  });
  return rows;
}

/** The same two figures as four parts of analytics tell them. All are of one snapshot, so they must agree at any time. */
export interface SalesTotals {
  readonly orders: Readonly<Record<string, number>>;
  readonly revenueCents: Readonly<Record<string, number>>;
}

const READ_TOTALS = `
SELECT
  coalesce((SELECT sum(value) FROM sales_totals WHERE metric_name = 'orders_total'), 0)::bigint AS totals_orders,
  coalesce((SELECT sum(value) FROM sales_totals WHERE metric_name = 'revenue_total'), 0)::bigint AS totals_cents,
  coalesce((SELECT value FROM sales_metrics WHERE metric_name = 'orders_total'), 0)::text AS view_orders,
  coalesce((SELECT value FROM sales_metrics WHERE metric_name = 'revenue_total'), 0)::text AS view_revenue,
  (SELECT coalesce(sum(orders), 0)::bigint FROM sales_by_minute) AS minutes_orders,
  (SELECT coalesce(sum(revenue_cents), 0)::bigint FROM sales_by_minute) AS minutes_cents,
  (SELECT coalesce(sum(revenue_cents), 0)::bigint FROM sales_by_product) AS products_cents`;

export async function readSalesTotals(tx: PoolClient): Promise<SalesTotals> {
  const { rows } = await tx.query<
    Record<'totals_orders' | 'totals_cents' | 'minutes_orders', number> &
      Record<'minutes_cents' | 'products_cents', number> &
      Record<'view_orders' | 'view_revenue', string>
  >(READ_TOTALS);
  const [row] = rows;
  if (row === undefined) throw new Error('a query without FROM has one row');
  return {
    orders: { sales_totals: row.totals_orders, sales_metrics: Number(row.view_orders), minutes: row.minutes_orders },
    revenueCents: {
      sales_totals: row.totals_cents,
      sales_metrics: centsFromNumeric(row.view_revenue),
      minutes: row.minutes_cents,
      products: row.products_cents,
    },
  };
}

/** The first effect of an order whose id is not before `sinceId`; undefined when there is none. */
export async function readFirstEffect(tx: Pick<PoolClient, 'query'>, sinceId: string): Promise<string | undefined> {
  const { rows } = await tx.query<{ orderId: string }>({
    text: 'SELECT order_id AS "orderId" FROM processed_events WHERE order_id >= $1 ORDER BY order_id LIMIT 1',
    values: [sinceId],
  });
  return rows[0]?.orderId;
}
