import { isUtf8 } from 'node:buffer';
import { orderEventSchema, type OrderEvent } from '@orderflow/contracts/events';
import { centsFromDecimal, MAX_PRICE_CENTS } from '@orderflow/contracts/money';
import { MAX_ITEMS } from '@orderflow/contracts/order';
import type { IncomingMessage } from '@orderflow/service-kit/kafka/port';
import type { SalesEvent, SoldItem } from './sales-event.ts';

/** Why a message is no order event. */
export type PoisonCode =
  'NO_VALUE' | 'NOT_UTF8' | 'NOT_JSON' | 'NOT_AN_ORDER_EVENT' | 'AMOUNT_REFUSED' | 'KEY_IS_NOT_ORDER_ID';

export interface Poison {
  readonly code: PoisonCode;
  /** What is wrong, for the person who mends it. */
  readonly detail: string;
}

export type ParsedMessage = { readonly event: SalesEvent } | { readonly poison: Poison };

const MAX_QUANTITY = 1000;

/** The dearest order that the contract allows. It bounds the sums of a batch, see MAX_BATCH_EVENTS. */
export const MAX_TOTAL_CENTS = MAX_ITEMS * MAX_QUANTITY * MAX_PRICE_CENTS;

/** How many faults of one message are named. */
const MAX_FAULTS = 5;

/**
 * Reads the value of a message of `order-events`. A message without a value is poison as well: the topic is not
 * compacted, nobody may send one, and dropping it in silence would hide whoever does.
 */
export function parseOrderEvent(message: Pick<IncomingMessage, 'key' | 'value'>): ParsedMessage {
  const { key, value } = message;
  if (value === null) return poison('NO_VALUE', 'the message has no value');
  if (!isUtf8(value)) return poison('NOT_UTF8', 'the value is not UTF-8 text');
  const json = parseJson(value.toString('utf8'));
  if ('fault' in json) return poison('NOT_JSON', json.fault);
  const parsed = orderEventSchema.safeParse(json.value);
  if (!parsed.success) return poison('NOT_AN_ORDER_EVENT', describeFaults(parsed.error.issues));
  const event = toSalesEvent(parsed.data);
  if (event === undefined) {
    return poison(
      'AMOUNT_REFUSED',
      `totalPrice ${parsed.data.totalPrice} is no amount in cents that an order can have`,
    );
  }
  if (key?.toString('utf8').toLowerCase() !== event.orderId) {
    return poison('KEY_IS_NOT_ORDER_ID', `the key is not the orderId ${event.orderId}`);
  }
  return { event };
}

function poison(code: PoisonCode, detail: string): ParsedMessage {
  return { poison: { code, detail } };
}

function parseJson(text: string): { readonly value: unknown } | { readonly fault: string } {
  try {
    return { value: JSON.parse(text) };
  } catch (error: unknown) {
    // The engine's words quote the text, and go into logs.
    const [place = ''] = / at position \d+/.exec(String(error)) ?? [];
    return { fault: `the value is not JSON${place}` };
  }
}

function describeFaults(
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): string {
  return issues
    .slice(0, MAX_FAULTS)
    .map(({ path, message }) => `${path.length === 0 ? 'value' : path.join('.')}: ${message}`)
    .join('; ');
}

function toSalesEvent(event: OrderEvent): SalesEvent | undefined {
  const totalCents = centsFromDecimal(event.totalPrice);
  if (totalCents === undefined || totalCents < 0 || totalCents > MAX_TOTAL_CENTS) return undefined;
  return {
    eventId: event.eventId.toLowerCase(),
    orderId: event.orderId.toLowerCase(),
    eventType: event.eventType,
    sequence: event.sequence,
    timestampMs: Date.parse(event.timestamp),
    totalCents,
    items: event.eventType === 'ORDER_CREATED' ? event.items.map(toSoldItem) : [],
  };
}

function toSoldItem(item: { readonly productId: string; readonly quantity: number; readonly price: number }): SoldItem {
  // The schema has refused prices that are no whole cents.
  return { productId: item.productId, quantity: item.quantity, priceCents: Math.round(item.price * 100) };
}
