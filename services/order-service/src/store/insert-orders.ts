import type { Pool } from '@orderflow/service-kit/postgres';
import { plainArray } from '@orderflow/service-kit/postgres-arrays';
import type { NewOrder, Order } from '../domain/order.ts';
import { shardOf } from '../outbox/shard.ts';

/** What became of one order of a group. */
export type InsertOutcome =
  | { readonly kind: 'created' }
  /** The idempotency key belongs to an order placed before with the same content. */
  | { readonly kind: 'replayed'; readonly order: Order }
  /** The idempotency key belongs to an order with other content. */
  | { readonly kind: 'key-reused' };

/**
 * Orders, outbox rows and idempotency keys of a whole group in one statement, so in one transaction and one round
 * trip. A row whose order id exists already is skipped: ids are made once per request, so that is this same request,
 * tried again after the answer to its commit was lost. Keys are claimed in their own order, so that two groups that
 * share keys cannot deadlock; a key that another transaction is claiming is waited for.
 */
const INSERT_ORDERS = `
WITH input AS (
  SELECT * FROM unnest(
    $1::uuid[], $2::text[], $3::bigint[], $4::jsonb[], $5::timestamptz[], $6::smallint[],
    $7::uuid[], $8::text[], $9::text[], $10::text[], $11::text[], $12::bytea[]
  ) AS t (order_id, customer_id, total_cents, items, created_at, shard, event_id, payload, traceparent, tracestate, key,
          request_hash)
), claimed AS (
  INSERT INTO idempotency_keys (key, request_hash, order_id, created_at)
  SELECT key, request_hash, order_id, created_at FROM input WHERE key IS NOT NULL ORDER BY key
  ON CONFLICT (key) DO NOTHING
  RETURNING order_id
), created AS (
  INSERT INTO orders (order_id, customer_id, status, total_cents, items, sequence, created_at, updated_at)
  SELECT order_id, customer_id, 'CREATED', total_cents, items, 1, created_at, created_at
  FROM input WHERE key IS NULL OR order_id IN (SELECT order_id FROM claimed)
  ON CONFLICT (order_id) DO NOTHING
  RETURNING order_id
), outbox AS (
  INSERT INTO event_outbox (shard, event_id, order_id, event_type, payload, traceparent, tracestate)
  SELECT shard, event_id, order_id, 'ORDER_CREATED', payload, traceparent, tracestate FROM input JOIN created USING (order_id)
)
SELECT order_id FROM created`;

/** The same for a group without keys, which is most of them: half the planning and no subquery per row. */
const INSERT_UNKEYED_ORDERS = `
WITH input AS (
  SELECT * FROM unnest(
    $1::uuid[], $2::text[], $3::bigint[], $4::jsonb[], $5::timestamptz[], $6::smallint[],
    $7::uuid[], $8::text[], $9::text[], $10::text[]
  ) AS t (order_id, customer_id, total_cents, items, created_at, shard, event_id, payload, traceparent, tracestate)
), created AS (
  INSERT INTO orders (order_id, customer_id, status, total_cents, items, sequence, created_at, updated_at)
  SELECT order_id, customer_id, 'CREATED', total_cents, items, 1, created_at, created_at FROM input
  ON CONFLICT (order_id) DO NOTHING
  RETURNING order_id
)
INSERT INTO event_outbox (shard, event_id, order_id, event_type, payload, traceparent, tracestate)
SELECT shard, event_id, order_id, 'ORDER_CREATED', payload, traceparent, tracestate FROM input JOIN created USING (order_id)`;

/**
 * Writes a group of new orders durably and says, in the same order, what became of each. Throws the database's error
 * when nothing was written; a lost connection leaves that open, and trying the same group again settles it.
 */
export async function insertOrders(pool: Pool, group: readonly NewOrder[]): Promise<InsertOutcome[]> {
  if (group.every(({ idempotency }) => idempotency === null)) {
    await pool.query({ name: 'insert-unkeyed-orders', text: INSERT_UNKEYED_ORDERS, values: columnsOf(group) });
    return group.map(() => ({ kind: 'created' }));
  }
  const values = [
    ...columnsOf(group),
    group.map(({ idempotency }) => idempotency?.key ?? null),
    group.map(({ idempotency }) => idempotency?.requestHash ?? null),
  ];
  const { rows } = await pool.query<{ order_id: string }>({ name: 'insert-orders', text: INSERT_ORDERS, values });
  return outcomesOf(pool, group, new Set(rows.map((row) => row.order_id)));
}

function columnsOf(group: readonly NewOrder[]): unknown[] {
  return [
    plainArray(group.map(({ order }) => order.orderId)),
    group.map(({ order }) => order.customerId),
    plainArray(group.map(({ order }) => order.totalCents)),
    group.map(({ items }) => JSON.stringify(items)),
    plainArray(group.map(({ order }) => order.createdAt)),
    plainArray(group.map(({ order }) => shardOf(order.orderId))),
    plainArray(group.map(({ event }) => event.eventId)),
    group.map(({ event }) => event.payload),
    group.map(({ event }) => event.traceparent),
    group.map(({ event }) => event.tracestate),
  ];
}

interface KeyOwner {
  readonly key: string;
  readonly requestHash: Buffer;
  readonly order: Order;
}

async function outcomesOf(
  pool: Pool,
  group: readonly NewOrder[],
  created: ReadonlySet<string>,
): Promise<InsertOutcome[]> {
  const contested = group.flatMap(({ order, idempotency }) =>
    idempotency === null || created.has(order.orderId) ? [] : [idempotency.key],
  );
  if (contested.length === 0) return group.map(() => ({ kind: 'created' }));
  const owners = await readKeyOwners(pool, contested);
  // A key that expired between the two statements is free again: a second try claims it.
  if (contested.some((key) => !owners.has(key))) return insertOrders(pool, group);
  return group.map((candidate) => outcomeOf(candidate, owners));
}

function outcomeOf({ order, idempotency }: NewOrder, owners: ReadonlyMap<string, KeyOwner>): InsertOutcome {
  const owner = idempotency === null ? undefined : owners.get(idempotency.key);
  if (owner === undefined || owner.order.orderId === order.orderId) return { kind: 'created' };
  const isSameRequest = idempotency !== null && owner.requestHash.equals(idempotency.requestHash);
  return isSameRequest ? { kind: 'replayed', order: owner.order } : { kind: 'key-reused' };
}

/** The order that each key made, as it was answered then: status CREATED, whatever happened to it since. */
async function readKeyOwners(pool: Pool, keys: readonly string[]): Promise<Map<string, KeyOwner>> {
  const { rows } = await pool.query<{
    key: string;
    request_hash: Buffer;
    order_id: string;
    customer_id: string;
    total_cents: number;
    created_at: Date;
  }>({
    name: 'read-key-owners',
    text: `SELECT k.key, k.request_hash, o.order_id, o.customer_id, o.total_cents, o.created_at
           FROM idempotency_keys k JOIN orders o USING (order_id) WHERE k.key = ANY ($1)`,
    values: [keys],
  });
  return new Map(
    rows.map((row) => [
      row.key,
      {
        key: row.key,
        requestHash: row.request_hash,
        order: {
          orderId: row.order_id,
          customerId: row.customer_id,
          status: 'CREATED',
          totalCents: row.total_cents,
          sequence: 1,
          createdAt: row.created_at.toISOString(),
        },
      },
    ]),
  );
}
