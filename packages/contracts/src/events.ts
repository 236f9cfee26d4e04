import { z } from 'zod';
import { amountSchema, customerIdSchema, orderIdSchema, orderItemSchema, timestampSchema } from './order.ts';

/** Schema version of the events. It grows only when a change breaks older readers; a new optional field does not. */
export const EVENT_VERSION = 1;

/** The types of `order-events`, one per state change of an order. */
export const EVENT_TYPES = ['ORDER_CREATED', 'PAYMENT_COMPLETED', 'ORDER_SHIPPED', 'ORDER_CANCELLED'] as const;
export type EventType = (typeof EVENT_TYPES)[number];

const eventFields = {
  /** Dedupe key: an effect is applied once per eventId. */
  eventId: z.uuid(),
  orderId: orderIdSchema,
  customerId: customerIdSchema,
  totalPrice: amountSchema,
  /** When the state changed, RFC 3339 in UTC with milliseconds. */
  timestamp: timestampSchema,
  version: z.literal(EVENT_VERSION),
  /** 1, 2, ... within one order, in the order of its state changes. */
  sequence: z.int().min(1),
};

export const orderCreatedSchema = z
  .object({ ...eventFields, eventType: z.literal('ORDER_CREATED'), items: z.array(orderItemSchema).min(1) })
  .meta({ id: 'OrderCreated' });
export const paymentCompletedSchema = z
  .object({ ...eventFields, eventType: z.literal('PAYMENT_COMPLETED') })
  .meta({ id: 'PaymentCompleted' });
export const orderShippedSchema = z
  .object({ ...eventFields, eventType: z.literal('ORDER_SHIPPED') })
  .meta({ id: 'OrderShipped' });
export const orderCancelledSchema = z
  .object({ ...eventFields, eventType: z.literal('ORDER_CANCELLED') })
  .meta({ id: 'OrderCancelled' });

/** A message value of `order-events`. Readers ignore fields that they do not know. */
export const orderEventSchema = z.discriminatedUnion('eventType', [
  orderCreatedSchema,
  paymentCompletedSchema,
  orderShippedSchema,
  orderCancelledSchema,
]);

export type OrderCreated = z.infer<typeof orderCreatedSchema>;
export type OrderEvent = z.infer<typeof orderEventSchema>;

/** Schema of each event type, as written out to `schemas/`. */
export const EVENT_SCHEMAS = {
  ORDER_CREATED: orderCreatedSchema,
  PAYMENT_COMPLETED: paymentCompletedSchema,
  ORDER_SHIPPED: orderShippedSchema,
  ORDER_CANCELLED: orderCancelledSchema,
} as const satisfies Record<EventType, z.ZodType>;
