import { z } from 'zod';
import { centsFromDecimal, MAX_PRICE_CENTS } from './money.ts';

/** How many lines one order may have. */
export const MAX_ITEMS = 100;

/** Where an order stands: CREATED -> PAID -> SHIPPED; CREATED or PAID -> CANCELLED. */
export const ORDER_STATUSES = ['CREATED', 'PAID', 'SHIPPED', 'CANCELLED'] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];
export const orderStatusSchema = z.enum(ORDER_STATUSES).meta({ id: 'OrderStatus' });

/** An identifier given by others: no spaces, no control characters, no lone surrogates (Postgres stores no NUL). */
const externalId = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[^\s\p{C}]+$/u, 'must be printable characters without spaces');
export const customerIdSchema = externalId.meta({ examples: ['customer-42'] });
export const productIdSchema = externalId.meta({ examples: ['product-7'] });

/**
 * A unit price on the wire: 0 to 1,000,000 with at most two decimal places. JSON Schema could only say so with
 * `multipleOf: 0.01`, by which validators that divide doubles refuse 19.99.
 */
export const priceSchema = z
  .number()
  .min(0)
  .max(MAX_PRICE_CENTS / 100)
  .refine((price) => centsFromDecimal(price) !== undefined, 'must have at most two decimal places')
  .meta({ description: 'A decimal with at most two places', examples: [19.99] });

/** A decimal amount computed by the server. */
export const amountSchema = z.number().meta({ description: 'A decimal with at most two places', examples: [39.98] });

export const orderItemSchema = z
  .object({ productId: productIdSchema, quantity: z.int().min(1).max(1000), price: priceSchema })
  .meta({ id: 'OrderItem' });

/** Body of `POST /orders`. Fields that are not named here are ignored. */
export const placeOrderSchema = z
  .object({ customerId: customerIdSchema, items: z.array(orderItemSchema).min(1).max(MAX_ITEMS) })
  .meta({ id: 'PlaceOrder' });

export const idempotencyKeySchema = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[\x21-\x7e]+$/, 'must be visible ASCII characters');

export const orderIdSchema = z.uuid().meta({ examples: ['01931f6e-6f2a-7c3e-9d2b-1f0e5a4b3c2d'] });
export const timestampSchema = z.iso.datetime({ precision: 3 }).meta({ examples: ['2026-01-31T12:00:00.000Z'] });

/** Answer of `POST /orders` and of the transitions. */
export const orderReceiptSchema = z
  .object({
    orderId: orderIdSchema,
    status: orderStatusSchema,
    totalPrice: amountSchema,
    createdAt: timestampSchema,
  })
  .meta({ id: 'OrderReceipt' });

export const orderSummarySchema = orderReceiptSchema
  .extend({ customerId: customerIdSchema })
  .meta({ id: 'OrderSummary' });

export const orderDetailSchema = orderSummarySchema
  .extend({ items: z.array(orderItemSchema) })
  .meta({ id: 'OrderDetail' });

/** How many orders one page may have. */
export const MAX_PAGE_LIMIT = 500;

/** Query of `GET /orders`: newest first; `cursor` is the `nextCursor` of the page before. */
export const listOrdersQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(MAX_PAGE_LIMIT).default(50),
  cursor: z.string().max(200).optional(),
  customerId: customerIdSchema.optional(),
  status: orderStatusSchema.optional(),
});

export type PlaceOrder = z.infer<typeof placeOrderSchema>;
export type OrderItem = z.infer<typeof orderItemSchema>;
export type OrderReceipt = z.infer<typeof orderReceiptSchema>;
export type OrderSummary = z.infer<typeof orderSummarySchema>;
export type OrderDetail = z.infer<typeof orderDetailSchema>;
export type ListOrdersQuery = z.infer<typeof listOrdersQuerySchema>;

/** What moves an order: the last path segment of `POST /orders/{orderId}/...`. */
export const TRANSITIONS = ['payment', 'shipment', 'cancellation'] as const;
export type Transition = (typeof TRANSITIONS)[number];
