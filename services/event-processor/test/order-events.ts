import type { EventType } from '@orderflow/contracts/events';
import { newId } from '@orderflow/contracts/ids';
import type { IncomingMessage, MessageBatch, OutgoingMessage } from '@orderflow/service-kit/kafka/port';
import type { Delivery } from '../src/apply/prepared-delivery.ts';

/** An event as it stands on the wire. */
export interface WireEvent {
  readonly eventId: string;
  readonly eventType: EventType;
  readonly orderId: string;
  readonly customerId: string;
  readonly totalPrice: number;
  readonly timestamp: string;
  readonly version: number;
  readonly sequence: number;
  readonly items?: readonly { readonly productId: string; readonly quantity: number; readonly price: number }[];
}

/** A created order of two products for 59.97; every field can be set. */
export function orderCreated(overrides: Partial<WireEvent> = {}): WireEvent {
  return {
    eventId: newId(),
    eventType: 'ORDER_CREATED',
    orderId: newId(),
    customerId: 'customer-1',
    totalPrice: 59.97,
    timestamp: '2026-01-31T12:00:30.000Z',
    version: 1,
    sequence: 1,
    items: [
      { productId: 'product-1', quantity: 2, price: 19.99 },
      { productId: 'product-2', quantity: 1, price: 19.99 },
    ],
    ...overrides,
  };
}

/** What follows on a created order. */
export function orderChanged(
  created: WireEvent,
  eventType: Exclude<EventType, 'ORDER_CREATED'>,
  overrides: Partial<WireEvent> = {},
): WireEvent {
  const { items: _, ...fields } = created;
  return { ...fields, eventId: newId(), eventType, sequence: created.sequence + 1, ...overrides };
}

/** The event as a producer sends it. */
export function toOutgoing(event: WireEvent): OutgoingMessage {
  return {
    key: event.orderId,
    value: JSON.stringify(event),
    headers: { 'event-id': event.eventId, 'event-type': event.eventType },
  };
}

/** A message as a consumer gets it. */
export function incoming(overrides: Partial<IncomingMessage> = {}): IncomingMessage {
  return {
    key: Buffer.from('key'),
    value: Buffer.from('value'),
    headers: {},
    offset: 0n,
    timestampMs: 0,
    ...overrides,
  };
}

/** The event as a consumer gets it. */
export function toIncoming(event: WireEvent, offset = 0n): IncomingMessage {
  return incoming({ key: Buffer.from(event.orderId), value: Buffer.from(JSON.stringify(event)), offset });
}

export function toDelivery(event: WireEvent, place: { readonly partition: number; readonly offset: bigint }): Delivery {
  return { partition: place.partition, message: toIncoming(event, place.offset) };
}

export function messageBatch(overrides: Partial<MessageBatch> & Pick<MessageBatch, 'messages'>): MessageBatch {
  const last = overrides.messages.at(-1)?.offset ?? -1n;
  return { topic: 'order-events', partition: 0, epoch: 1, highWatermark: last + 1n, ...overrides };
}
