import type { PoolClient } from '@orderflow/service-kit/postgres';
import { LIVE_SCHEMA } from './shadow-schema.ts';

/** One thing that live and rebuilt tables say differently; null where a side says nothing. */
export interface Difference {
  readonly table: string;
  readonly key: string;
  readonly column: string;
  readonly live: string | null;
  readonly rebuilt: string | null;
}

export interface Comparison {
  /** Sums and rows that were compared. */
  readonly figures: number;
  readonly events: number;
  readonly differing: number;
  /** Events that live has applied and the rebuild has not: they are not in the topic, or cannot be applied. */
  readonly eventsOnlyLive: number;
  /** The first of each table. */
  readonly rows: readonly Difference[];
}

export interface ComparisonOptions {
  readonly shadow: string;
  readonly topic: string;
  readonly maxRows: number;
  /** Events before this id may have been pruned from the live table. */
  readonly prunableBeforeId: string;
}

/** How sums are spread over slots is an accident of batching: slots are added up, as every reader does. */
const figuresOf = (schema: string): string => `
  SELECT 'sales_totals' AS "table", metric_name AS key, 'value' AS "column", sum(value) AS value
  FROM ${schema}.sales_totals GROUP BY metric_name
  UNION ALL
  SELECT 'sales_by_minute', to_char(minute AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"'), f.name, sum(f.value)
  FROM ${schema}.sales_by_minute
  CROSS JOIN LATERAL (VALUES ('orders', orders), ('revenue_cents', revenue_cents)) AS f (name, value)
  GROUP BY minute, f.name
  UNION ALL
  SELECT 'sales_by_product', product_id, f.name, sum(f.value)
  FROM ${schema}.sales_by_product
  CROSS JOIN LATERAL (VALUES ('units', units), ('revenue_cents', revenue_cents)) AS f (name, value)
  GROUP BY product_id, f.name`;

const compareFigures = (shadow: string): string => `
  SELECT "table", key, "column", l.value::text AS live, r.value::text AS rebuilt,
    l.value IS DISTINCT FROM r.value AS differs, false AS is_only_live
  FROM (${figuresOf(LIVE_SCHEMA)}) l FULL JOIN (${figuresOf(shadow)}) r USING ("table", key, "column")`;

/** Where an event lay in the topic is no difference: one that was replayed from the dead letters lies there twice. */
const compareEvents = (shadow: string): string => `
  SELECT 'processed_events' AS "table", event_id::text AS key, 'event' AS "column",
    l.event_type || ' ' || l.sequence || ' of order ' || l.order_id AS live,
    r.event_type || ' ' || r.sequence || ' of order ' || r.order_id AS rebuilt,
    CASE
      WHEN l.order_id IS NULL THEN event_id >= $2::uuid
      WHEN r.order_id IS NULL THEN true
      ELSE (l.order_id, l.sequence, l.event_type) <> (r.order_id, r.sequence, r.event_type)
    END AS differs,
    r.order_id IS NULL AS is_only_live
  FROM ${LIVE_SCHEMA}.processed_events l FULL JOIN ${shadow}.processed_events r USING (event_id)`;

/** A letter that only live has is an event that can be applied meanwhile: the other tables show that. */
const compareDeadLetters = (shadow: string): string => `
  SELECT 'dead_letters' AS "table", r.partition || '/' || r.source_offset AS key, 'error' AS "column",
    l.error AS live, r.error AS rebuilt, l.topic IS NULL AS differs, false AS is_only_live
  FROM ${shadow}.dead_letters r
  LEFT JOIN ${LIVE_SCHEMA}.dead_letters l USING (topic, partition, source_offset, record_timestamp_ms)
  WHERE r.topic = $2`;

/** The count of all rows, and the first that differ. */
const summarize = (compared: string): string => `
  WITH compared AS (${compared})
  SELECT
    (SELECT count(*) FROM compared) AS compared,
    (SELECT count(*) FROM compared WHERE differs) AS differing,
    (SELECT count(*) FROM compared WHERE is_only_live) AS only_live,
    (SELECT coalesce(json_agg(d), '[]') FROM (
       SELECT "table", key, "column", live, rebuilt FROM compared WHERE differs ORDER BY 1 DESC, 2, 3 LIMIT $1) d) AS rows`;

interface Summary {
  readonly compared: number;
  readonly differing: number;
  readonly only_live: number;
  readonly rows: readonly Difference[];
}

/** Compares live and rebuilt tables as the transaction sees them; both must be of the same offsets. */
export async function compareTables(tx: PoolClient, options: ComparisonOptions): Promise<Comparison> {
  const { shadow, topic, maxRows, prunableBeforeId } = options;
  const figures = await summaryOf(tx, compareFigures(shadow), [maxRows]);
  const events = await summaryOf(tx, compareEvents(shadow), [maxRows, prunableBeforeId]);
  const letters = await summaryOf(tx, compareDeadLetters(shadow), [maxRows, topic]);
  return {
    figures: figures.compared,
    events: events.compared,
    differing: figures.differing + events.differing + letters.differing,
    eventsOnlyLive: events.only_live,
    rows: [...figures.rows, ...events.rows, ...letters.rows],
  };
}

async function summaryOf(tx: PoolClient, compared: string, values: readonly unknown[]): Promise<Summary> {
  const { rows } = await tx.query<Summary>(summarize(compared), [...values]);
  const [summary] = rows;
  if (summary === undefined) throw new Error('a comparison has one row');
  return summary;
}
