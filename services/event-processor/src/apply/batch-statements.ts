import type { PoolClient } from '@orderflow/service-kit/postgres';
import type { SalesIncrements } from '../events/sales-effects.ts';
import type { PartitionProgress } from './plan-batch.ts';
import type { DeadDelivery, EventDelivery } from './prepared-delivery.ts';

/** Whose offsets are written. */
export interface OffsetOwner {
  readonly consumerGroup: string;
  readonly topic: string;
}

const CLAIM_EVENTS = `
  WITH progress AS (
    INSERT INTO consumer_offset (consumer_group, topic, partition, next_offset)
    SELECT $1, $2, p.partition, p.next_offset
    FROM unnest($3::int[], $4::bigint[]) AS p (partition, next_offset)
    ORDER BY p.partition
    ON CONFLICT (consumer_group, topic, partition) DO UPDATE
    SET next_offset = GREATEST(consumer_offset.next_offset, excluded.next_offset), updated_at = now()
    RETURNING partition
  ), fresh AS (
    INSERT INTO processed_events (event_id, order_id, sequence, event_type, source_partition, source_offset)
    SELECT e.event_id, e.order_id, e.sequence, e.event_type, e.source_partition, e.source_offset
    FROM unnest($5::uuid[], $6::uuid[], $7::int[], $8::text[], $9::smallint[], $10::bigint[])
      AS e (event_id, order_id, sequence, event_type, source_partition, source_offset)
    WHERE (SELECT count(*) FROM progress) > 0 -- so that the partitions are locked before anything else
    ORDER BY e.event_id
    ON CONFLICT (event_id) DO NOTHING
    RETURNING event_id
  )
  SELECT e.event_id
  FROM unnest($5::uuid[]) AS e (event_id)
  LEFT JOIN fresh ON fresh.event_id = e.event_id
  WHERE fresh.event_id IS NULL`;

/**
 * Moves the partitions forward and records the events as processed. Resolves with the ids of those that had been
 * processed before: whose effects must not be added again.
 */
export async function claimEvents(
  tx: PoolClient,
  owner: OffsetOwner,
  batch: { readonly progress: readonly PartitionProgress[]; readonly events: readonly EventDelivery[] },
): Promise<ReadonlySet<string>> {
  const { progress, events } = batch;
  const { rows } = await tx.query<{ event_id: string }>({
    name: 'claim-events',
    text: CLAIM_EVENTS,
    values: [
      owner.consumerGroup,
      owner.topic,
      progress.map(({ partition }) => partition),
      progress.map(({ nextOffset }) => nextOffset),
      events.map(({ event }) => event.eventId),
      events.map(({ event }) => event.orderId),
      events.map(({ event }) => event.sequence),
      events.map(({ event }) => event.eventType),
      events.map(({ partition }) => partition),
      events.map(({ message }) => message.offset),
    ],
  });
  return new Set(rows.map((row) => row.event_id));
}

const ADD_SALES = `
  WITH totals AS (
    INSERT INTO sales_totals AS t (metric_name, slot, value)
    SELECT i.metric_name, $1::smallint, i.value
    FROM unnest($2::text[], $3::bigint[]) AS i (metric_name, value)
    ON CONFLICT (metric_name, slot) DO UPDATE SET value = t.value + excluded.value, updated_at = now()
  ), minutes AS (
    INSERT INTO sales_by_minute AS m (minute, slot, orders, revenue_cents)
    SELECT i.minute, $1, i.orders, i.revenue_cents
    FROM unnest($4::timestamptz[], $5::bigint[], $6::bigint[]) AS i (minute, orders, revenue_cents)
    ON CONFLICT (minute, slot) DO UPDATE
    SET orders = m.orders + excluded.orders,
        revenue_cents = m.revenue_cents + excluded.revenue_cents,
        updated_at = now()
  )
  INSERT INTO sales_by_product AS p (product_id, slot, units, revenue_cents)
  SELECT i.product_id, $1, i.units, i.revenue_cents
  FROM unnest($7::text[], $8::bigint[], $9::bigint[]) AS i (product_id, units, revenue_cents)
  ON CONFLICT (product_id, slot) DO UPDATE
  SET units = p.units + excluded.units,
      revenue_cents = p.revenue_cents + excluded.revenue_cents,
      updated_at = now()`;

/** Adds increments to one slot of the counters. */
export async function addSales(tx: PoolClient, slot: number, increments: SalesIncrements): Promise<void> {
  const { totals, minutes, products } = increments;
  await tx.query({
    name: 'add-sales',
    text: ADD_SALES,
    values: [
      slot,
      totals.map(({ metric }) => metric),
      totals.map(({ delta }) => delta),
      minutes.map(({ startMs }) => new Date(startMs).toISOString()),
      minutes.map(({ orders }) => orders),
      minutes.map(({ revenueCents }) => revenueCents),
      products.map(({ productId }) => productId),
      products.map(({ units }) => units),
      products.map(({ revenueCents }) => revenueCents),
    ],
  });
}

const RECORD_DEAD_LETTERS = `
  INSERT INTO dead_letters (topic, partition, source_offset, record_timestamp_ms, key, value, headers, error)
  SELECT $1, d.partition, d.source_offset, d.record_timestamp_ms, d.key, d.value, d.headers, d.error
  FROM unnest($2::int[], $3::bigint[], $4::bigint[], $5::bytea[], $6::bytea[], $7::json[], $8::text[])
    AS d (partition, source_offset, record_timestamp_ms, key, value, headers, error)
  ON CONFLICT DO NOTHING`;

/** Longer reasons are cut: the letter itself is kept whole. */
const MAX_ERROR_LENGTH = 2_000;

/** Keeps messages that cannot be applied. A letter that was recorded before stays as it is. */
export async function recordDeadLetters(tx: PoolClient, topic: string, dead: readonly DeadDelivery[]): Promise<void> {
  const messages = dead.map(({ message }) => message);
  await tx.query({
    name: 'record-dead-letters',
    text: RECORD_DEAD_LETTERS,
    values: [
      topic,
      dead.map(({ partition }) => partition),
      messages.map(({ offset }) => offset),
      messages.map(({ timestampMs }) => Math.min(timestampMs, Number.MAX_SAFE_INTEGER)),
      messages.map(({ key }) => key),
      messages.map(({ value }) => value),
      messages.map(({ headers }) => JSON.stringify(headers)),
      // Postgres stores no U+0000, and a letter must never be refused itself.
      dead.map(({ error }) => error.slice(0, MAX_ERROR_LENGTH).toWellFormed().replaceAll('\0', '\u{FFFD}')),
    ],
  });
}
