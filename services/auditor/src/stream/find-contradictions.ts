import { decimalFromCents } from '@orderflow/contracts/money';
import type { Pool } from '@orderflow/service-kit/postgres';
import { plainArray } from '@orderflow/service-kit/postgres-arrays';
import { itemsTextFrom, orderLinesFrom } from '../items-text.ts';
import type { OrderRow } from '../observations.ts';
import type { Claim } from './claim.ts';

interface ContradictionRow {
  readonly place: number;
  readonly order_id: string | null;
  readonly customer_id: string;
  readonly status: string;
  readonly total_cents: number;
  readonly items: unknown;
  readonly sequence: number;
  readonly created_at: Date;
}

/**
 * The database compares, so that only what differs travels. It is generous: items that are the same in another spelling
 * come back too, and the caller looks closer.
 */
const FIND_CONTRADICTIONS = `
SELECT c.place::int, o.order_id, o.customer_id, o.status, o.total_cents, o.items, o.sequence, o.created_at
FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::int[], $6::text[])
  WITH ORDINALITY AS c (order_id, customer_id, total_cents, created_ms, sequence, event_type, place)
LEFT JOIN orders o ON o.order_id = c.order_id
WHERE o.order_id IS NULL
  OR o.customer_id <> c.customer_id
  OR o.total_cents IS DISTINCT FROM c.total_cents
  OR o.created_at <> to_timestamp(c.created_ms / 1000.0::float8)
  OR o.items <> NULLIF($7::jsonb -> (c.place - 1)::int, 'null')
  OR o.sequence < c.sequence
  OR c.event_type <> CASE
    WHEN c.sequence = 1 THEN 'ORDER_CREATED'
    WHEN c.sequence < o.sequence THEN 'PAYMENT_COMPLETED'
    WHEN o.status = 'PAID' THEN 'PAYMENT_COMPLETED'
    WHEN o.status = 'SHIPPED' THEN 'ORDER_SHIPPED'
    WHEN o.status = 'CANCELLED' THEN 'ORDER_CANCELLED'
    ELSE '' END`;

/** By index of the claim: the rows that may not agree with it, undefined where there is no row. */
export async function findContradictions(
  pool: Pool,
  claims: readonly Claim[],
): Promise<ReadonlyMap<number, OrderRow | undefined>> {
  const { rows } = await pool.query<ContradictionRow>({
    text: FIND_CONTRADICTIONS,
    values: [
      plainArray(claims.map(({ orderId }) => orderId)),
      claims.map(({ customerId }) => customerId),
      plainArray(claims.map(({ totalCents }) => wholeNumber(totalCents))),
      plainArray(claims.map(({ createdAtMs }) => wholeNumber(createdAtMs))),
      plainArray(claims.map(({ sequence }) => sequence)),
      plainArray(claims.map(({ eventType }) => eventType)),
      // One document of all: in an array of texts each quote would be escaped here and freed there.
      JSON.stringify(claims.map(({ itemsText }) => wireItems(itemsText))),
    ],
  });
  return new Map(rows.map((row) => [row.place - 1, toOrderRow(row)]));
}

function wholeNumber(value: number | undefined): number | null {
  return value !== undefined && Number.isSafeInteger(value) ? value : null;
}

/** In wire form. What cannot be read becomes an empty list, which no order has. */
function wireItems(itemsText: string | undefined): readonly object[] | null {
  if (itemsText === undefined) return null;
  const lines = orderLinesFrom(itemsText) ?? [];
  return lines.map(({ productId, quantity, priceCents }) => ({
    productId,
    quantity,
    price: decimalFromCents(priceCents),
  }));
}

function toOrderRow(row: ContradictionRow): OrderRow | undefined {
  if (row.order_id === null) return undefined;
  return {
    orderId: row.order_id,
    customerId: row.customer_id,
    status: row.status,
    totalCents: row.total_cents,
    itemsText: itemsTextFrom(row.items),
    sequence: row.sequence,
    createdAtMs: row.created_at.getTime(),
  };
}
