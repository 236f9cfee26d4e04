import { orderEventSchema } from '@orderflow/contracts/events';
import { centsFromDecimal } from '@orderflow/contracts/money';
import { itemsTextFrom } from '../items-text.ts';
import type { StateChange } from '../observations.ts';
import type { TextSharer } from './text-pool.ts';

/** The order event that a message value or an outbox payload holds; undefined when it breaks the contract. */
export function parseStateChange(json: string, pool: TextSharer): StateChange | undefined {
  const parsed = orderEventSchema.safeParse(parseJson(json));
  if (!parsed.success) return undefined;
  const { data: event } = parsed;
  return {
    eventId: event.eventId,
    eventType: event.eventType,
    orderId: pool.share(event.orderId),
    customerId: pool.share(event.customerId),
    totalCents: centsFromDecimal(event.totalPrice) ?? Number.NaN,
    timestampMs: Date.parse(event.timestamp),
    sequence: event.sequence,
    itemsText: event.eventType === 'ORDER_CREATED' ? pool.share(itemsTextFrom(event.items)) : undefined,
  };
}

/** undefined when the text is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
