import { createHash } from 'node:crypto';
import { EVENT_VERSION, type EventType, type OrderEvent } from '@orderflow/contracts/events';
import { idTimestampMs } from '@orderflow/contracts/ids';
import { centsFromDecimal, decimalFromCents, totalCents, type Cents } from '@orderflow/contracts/money';
import type { OrderItem, OrderReceipt, OrderStatus, PlaceOrder } from '@orderflow/contracts/order';
import type { TraceFields } from '@orderflow/service-kit/trace-context';

/** An order as the service keeps it, without its items. */
export interface Order {
  readonly orderId: string;
  readonly customerId: string;
  readonly status: OrderStatus;
  readonly totalCents: Cents;
  /** Number of state changes so far. */
  readonly sequence: number;
  readonly createdAt: string;
}

/** An event as it waits in the outbox. The payload is the message's value; nobody parses it on the way. */
export interface OutboxEvent extends TraceFields {
  readonly eventId: string;
  readonly orderId: string;
  readonly eventType: EventType;
  readonly payload: string;
}

/** Everything that is written when an order is placed. */
export interface NewOrder {
  readonly order: Order;
  readonly items: readonly OrderItem[];
  readonly event: OutboxEvent;
  /** What ties a retry to this order, when the client gave a key. */
  readonly idempotency: { readonly key: string; readonly requestHash: Buffer } | null;
}

export interface PlaceOrderCommand {
  readonly request: PlaceOrder;
  readonly orderId: string;
  readonly eventId: string;
  readonly idempotencyKey: string | null;
  readonly trace: TraceFields;
}

/** Decides what placing an order writes. The moment of creation is the one that the UUIDv7 order id carries. */
export function placeOrder(command: PlaceOrderCommand): NewOrder {
  const { request, orderId, eventId, idempotencyKey, trace } = command;
  const order: Order = {
    orderId,
    customerId: request.customerId,
    status: 'CREATED',
    totalCents: totalCents(request.items.map(({ quantity, price }) => ({ quantity, priceCents: exactCents(price) }))),
    sequence: 1,
    createdAt: new Date(idTimestampMs(orderId)).toISOString(),
  };
  const event: OrderEvent = {
    ...eventFields(order, { eventId, timestamp: order.createdAt }),
    eventType: 'ORDER_CREATED',
    items: request.items,
  };
  return {
    order,
    items: request.items,
    event: { eventId, orderId, eventType: event.eventType, payload: JSON.stringify(event), ...trace },
    idempotency: idempotencyKey === null ? null : { key: idempotencyKey, requestHash: hashRequest(request) },
  };
}

/** What every event says of its order. */
export function eventFields(order: Order, happening: { readonly eventId: string; readonly timestamp: string }) {
  return {
    eventId: happening.eventId,
    orderId: order.orderId,
    customerId: order.customerId,
    totalPrice: decimalFromCents(order.totalCents),
    timestamp: happening.timestamp,
    version: EVENT_VERSION,
    sequence: order.sequence,
  } as const;
}

/** The answer to a client who placed or changed an order. */
export function receiptOf(order: Order): OrderReceipt {
  return {
    orderId: order.orderId,
    status: order.status,
    totalPrice: decimalFromCents(order.totalCents),
    createdAt: order.createdAt,
  };
}

/** Two requests are the same when they ask for the same, however they were spelled as JSON. */
function hashRequest(request: PlaceOrder): Buffer {
  return createHash('sha256').update(JSON.stringify(request)).digest();
}

function exactCents(price: number): Cents {
  const cents = centsFromDecimal(price);
  if (cents === undefined) throw new RangeError('price was not parsed by priceSchema');
  return cents;
}
