-- Up Migration

-- The truth about duplicates: an event's effects are in the tables below exactly when its row is here. Rows arrive in
-- the order of time (UUIDv7), are never updated, and leave again by age at the other end of the index.
CREATE TABLE processed_events (
  event_id uuid PRIMARY KEY,
  order_id uuid NOT NULL,
  sequence integer NOT NULL,
  event_type text NOT NULL,
  source_partition smallint NOT NULL,
  source_offset bigint NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
) WITH (
  -- Insert-only until pruned: vacuum by inserts keeps the visibility map current, so that freezing stays cheap.
  autovacuum_vacuum_insert_scale_factor = 0.05,
  autovacuum_vacuum_scale_factor = 0.05,
  autovacuum_analyze_scale_factor = 0.02
);

-- Where each partition stands. Locked first by every batch, so that a member that lost a partition and its successor
-- never apply at the same moment.
CREATE TABLE consumer_offset (
  consumer_group text NOT NULL,
  topic text NOT NULL,
  partition integer NOT NULL,
  next_offset bigint NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer_group, topic, partition)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

-- Counters. A slot is a share of a counter that only one transaction at a time touches (its lowest partition, see plan-batch.ts); readers
-- add the slots up. Half-empty pages keep every update on its page (HOT), so that no index is written.
CREATE TABLE sales_totals (
  metric_name text NOT NULL,
  slot smallint NOT NULL,
  value bigint NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (metric_name, slot)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

CREATE TABLE sales_by_minute (
  minute timestamptz NOT NULL,
  slot smallint NOT NULL,
  orders bigint NOT NULL,
  revenue_cents bigint NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (minute, slot)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

CREATE TABLE sales_by_product (
  product_id text NOT NULL,
  slot smallint NOT NULL,
  units bigint NOT NULL,
  revenue_cents bigint NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (product_id, slot)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

-- Messages that could not be applied. The row is written in the transaction that moves the offset past the message,
-- so that it cannot be lost; a forwarder copies it to the dead letter topic afterwards. The record's own timestamp
-- (Unix milliseconds, whatever the sender claims) belongs to the key because a topic that was made anew hands out the
-- same offsets again.
CREATE TABLE dead_letters (
  topic text NOT NULL,
  partition integer NOT NULL,
  source_offset bigint NOT NULL,
  record_timestamp_ms bigint NOT NULL,
  key bytea,
  value bytea,
  headers json NOT NULL, -- not jsonb: a header may hold U+0000
  error text NOT NULL,
  failed_at timestamptz NOT NULL DEFAULT now(),
  forwarded_at timestamptz,
  forward_error text, -- why it can never be copied to the topic
  replayed_at timestamptz,
  PRIMARY KEY (topic, partition, source_offset, record_timestamp_ms)
);
CREATE INDEX dead_letters_unforwarded ON dead_letters (failed_at) WHERE forwarded_at IS NULL AND forward_error IS NULL;

-- What people and dashboards read. Money leaves the integer cents here.
CREATE VIEW sales_metrics (metric_name, dimension, value, updated_at) AS
WITH totals AS (
  SELECT metric_name, sum(value) AS value, max(updated_at) AS updated_at FROM sales_totals GROUP BY metric_name
)
SELECT
  metric_name,
  '',
  CASE WHEN metric_name LIKE 'revenue%' THEN round(value / 100, 2) ELSE value END,
  updated_at
FROM totals
UNION ALL
SELECT
  'revenue_net',
  '',
  round(sum(CASE metric_name WHEN 'revenue_total' THEN value ELSE -value END) / 100, 2),
  max(updated_at)
FROM totals
WHERE metric_name IN ('revenue_total', 'revenue_cancelled_total')
HAVING count(*) > 0
UNION ALL
SELECT
  'orders_per_minute',
  to_char(minute AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"'),
  sum(orders),
  max(updated_at)
FROM sales_by_minute
GROUP BY minute
UNION ALL
SELECT
  'revenue_per_minute',
  to_char(minute AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"'),
  round(sum(revenue_cents) / 100, 2),
  max(updated_at)
FROM sales_by_minute
GROUP BY minute
UNION ALL
SELECT 'top_products', product_id, sum(units), max(updated_at) FROM sales_by_product GROUP BY product_id
UNION ALL
SELECT 'product_revenue', product_id, round(sum(revenue_cents) / 100, 2), max(updated_at)
FROM sales_by_product
GROUP BY product_id;

-- Down Migration

DROP VIEW sales_metrics;
DROP TABLE dead_letters, sales_by_product, sales_by_minute, sales_totals, consumer_offset, processed_events;
