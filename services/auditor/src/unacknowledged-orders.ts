import type { OrderRecord } from './ledger.ts';
import type { OrderContent, OrderReceipt, OrderRow, Receipts } from './observations.ts';

/** Orders that no receipt names, and how many of them there may be. */
export interface UnacknowledgedOrders {
  /** Placed within the journal's time by its clients. */
  readonly orders: readonly OrderRow[];
  /** Requests whose client never learned the outcome and whose key no later answer settled. */
  readonly allowed: number;
  /** Nothing explains these, as many as `orders` has beyond `allowed`; those that look like a receipt's order first. */
  readonly unexplained: readonly OrderRow[];
  /** By orderId of an unexplained order: the acknowledged order with the same content. */
  readonly twins: ReadonlyMap<string, string>;
  /** Placed before the journal began, after it ended or while it broke off: not judged. */
  readonly outsideJournal: number;
}

/**
 * How long before its last line a journal without an end may have missed answers: its writer was killed, and what was
 * in flight then, or in its buffer, is not written down. Longer than any request may take.
 */
const BROKEN_OFF_TAIL_MS = 30_000;

/** Finds the orders nobody was told of. */
export function findUnacknowledged(
  receipts: Receipts,
  records: ReadonlyMap<string, OrderRecord>,
): UnacknowledgedOrders {
  const startMs = receipts.startedAtMs ?? -Infinity;
  const endMs = receipts.endedAtMs ?? lastReceiptMs(receipts.orders) - BROKEN_OFF_TAIL_MS;
  const orders: OrderRow[] = [];
  let outsideJournal = 0;
  for (const record of records.values()) {
    const { row } = record;
    if (row === undefined || record.receipts.length > 0) continue;
    if (row.createdAtMs >= startMs && row.createdAtMs <= endMs) orders.push(row);
    else outsideJournal += 1;
  }
  const allowed = countOpenOutcomes(receipts);
  const excess = Math.max(0, orders.length - allowed);
  const twins = excess === 0 ? new Map<string, string>() : findTwins(receipts, orders);
  const suspects = orders.toSorted((a, b) => Number(twins.has(b.orderId)) - Number(twins.has(a.orderId)));
  return { orders, allowed, unexplained: suspects.slice(0, excess), twins, outsideJournal };
}

function lastReceiptMs(orders: readonly OrderReceipt[]): number {
  let lastMs = -Infinity;
  for (const { createdAtMs } of orders) lastMs = Math.max(lastMs, createdAtMs);
  return lastMs;
}

function countOpenOutcomes({ orders, unknownOrders }: Receipts): number {
  const openKeys = new Set<string>();
  let withoutKey = 0;
  for (const { idempotencyKey } of unknownOrders) {
    if (idempotencyKey === undefined) withoutKey += 1;
    else openKeys.add(idempotencyKey);
  }
  for (const { idempotencyKey } of orders) if (idempotencyKey !== undefined) openKeys.delete(idempotencyKey);
  return withoutKey + openKeys.size;
}

/** Orders and receipts that ask for the same, customer and items. */
function findTwins(receipts: Receipts, orders: readonly OrderRow[]): Map<string, string> {
  const wanted = new Set(orders.map(contentKey));
  const acknowledged = new Map<string, string>();
  for (const receipt of receipts.orders) {
    const key = contentKey(receipt);
    if (wanted.has(key)) acknowledged.set(key, receipt.orderId);
  }
  const twins = new Map<string, string>();
  for (const row of orders) {
    const twin = acknowledged.get(contentKey(row));
    if (twin !== undefined) twins.set(row.orderId, twin);
  }
  return twins;
}

function contentKey({ customerId, itemsText }: OrderContent): string {
  return `${customerId} ${itemsText}`;
}
