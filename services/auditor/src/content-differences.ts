import { moneyText } from './findings.ts';
import { orderLinesFrom, type ItemsText } from './items-text.ts';
import type { OrderContent, OrderRow, StateChange } from './observations.ts';

/** How a claim about an order differs from its row, in words; undefined when it does not. */
export function describeDifference(claim: Partial<OrderContent>, row: OrderContent): string | undefined {
  const { customerId = row.customerId, itemsText = row.itemsText } = claim;
  const { totalCents = row.totalCents, createdAtMs = row.createdAtMs } = claim;
  // Without the customers: a verdict is read by more people than orders are.
  if (customerId !== row.customerId) return 'another customer than orders has';
  if (totalCents !== row.totalCents) return `total ${moneyText(totalCents)}, orders has ${moneyText(row.totalCents)}`;
  if (itemsText !== row.itemsText) return `items ${itemsWords(itemsText)}, orders has ${itemsWords(row.itemsText)}`;
  if (createdAtMs !== row.createdAtMs) return `created ${isoText(createdAtMs)}, orders has ${isoText(row.createdAtMs)}`;
  return undefined;
}

/** How an event differs from the order it tells of; undefined when it does not. */
export function describeEventDifference(change: StateChange, row: OrderRow): string | undefined {
  const { customerId, totalCents, itemsText, timestampMs } = change;
  if (change.eventType === 'ORDER_CREATED') {
    // The creation event carries the items and the order's own moment.
    return describeDifference({ customerId, totalCents, itemsText: itemsText ?? '', createdAtMs: timestampMs }, row);
  }
  if (timestampMs < row.createdAtMs) return `happened ${isoText(timestampMs)}, before its order was created`;
  return describeDifference({ customerId, totalCents }, row);
}

/** Whether two copies of an event, which have the same eventId, also say the same. */
export function isSameChange(a: StateChange, b: StateChange): boolean {
  return (
    a.eventType === b.eventType &&
    a.orderId === b.orderId &&
    a.customerId === b.customerId &&
    a.totalCents === b.totalCents &&
    a.timestampMs === b.timestampMs &&
    a.sequence === b.sequence &&
    a.itemsText === b.itemsText
  );
}

function itemsWords(itemsText: ItemsText): string {
  const lines = orderLinesFrom(itemsText);
  if (lines === undefined) return 'that cannot be read';
  return lines.map((line) => `${line.quantity} x ${line.productId} at ${moneyText(line.priceCents)}`).join(' + ');
}

function isoText(unixMs: number): string {
  return Number.isNaN(unixMs) ? 'at no readable time' : new Date(unixMs).toISOString();
}
