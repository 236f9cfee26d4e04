import { Client } from 'pg';
import type { Stage } from './stage.ts';

const ROWS_PER_INSERT = 500_000;

/** Orders of two lines, a second apart in the past, whose ids are UUIDv7 of their time as the real ones are. */
const INSERT = `
INSERT INTO orders (order_id, customer_id, status, total_cents, items, sequence, created_at, updated_at)
SELECT
  (substr(t, 1, 8) || '-' || substr(t, 9, 4) || '-7' || substr(r, 1, 3) || '-8' || substr(r, 4, 3) || '-' || substr(r, 7, 12))::uuid,
  'customer-' || floor(random() * $3::integer)::integer,
  CASE WHEN i % 20 = 0 THEN 'CANCELLED' ELSE 'SHIPPED' END,
  4997,
  '[{"productId":"product-1","quantity":2,"price":19.99},{"productId":"product-2","quantity":1,"price":9.99}]'::jsonb,
  3, at, at
FROM generate_series($1::integer, $2::integer - 1) AS i
CROSS JOIN LATERAL (SELECT timestamptz '2020-01-01' + i * interval '1 second' AS at, md5(i::text) AS r) AS moment
CROSS JOIN LATERAL (SELECT lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0') AS t) AS id`;

/** Not needed by what fills, and built many times faster afterwards. The names are those of the migrations. */
const DROP_INDEXES = 'ALTER TABLE orders DROP CONSTRAINT orders_pkey; DROP INDEX orders_by_customer, orders_by_status';
const CREATE_INDEXES = `
ALTER TABLE orders ADD PRIMARY KEY (order_id);
CREATE INDEX orders_by_customer ON orders (customer_id, order_id DESC);
CREATE INDEX orders_by_status ON orders (status, order_id DESC)`;

/** Puts orders of past years into an order service's database that has none, and leaves it as after months of rest. */
export async function fillOrders(
  { log, signal }: Stage,
  databaseUrl: string,
  { orders, customers }: { readonly orders: number; readonly customers: number },
): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query("SET maintenance_work_mem = '512MB'");
    await client.query(DROP_INDEXES);
    for (let from = 0; from < orders; from += ROWS_PER_INSERT) {
      signal.throwIfAborted();
      log.update(`orders: ${from.toLocaleString('en-US')} of ${orders.toLocaleString('en-US')} rows`);
      await client.query(INSERT, [from, Math.min(orders, from + ROWS_PER_INSERT), customers]);
    }
    log.step(`orders: ${orders.toLocaleString('en-US')} rows, building indexes`);
    await client.query(CREATE_INDEXES);
    await client.query('VACUUM (FREEZE, ANALYZE) orders');
    await client.query('CHECKPOINT');
  } finally {
    await client.end();
  }
}
