import { customerIdSchema, orderIdSchema, ORDER_STATUSES, TRANSITIONS } from '@orderflow/contracts/order';
import { z } from 'zod';

/** A line of the receipts journal that the load generator writes. Fields that are not named here are ignored. */
export const receiptLineSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('start'), startedAt: z.iso.datetime() }),
  z.object({
    type: z.literal('order'),
    orderId: orderIdSchema,
    customerId: customerIdSchema,
    totalPrice: z.number(),
    createdAt: z.iso.datetime(),
    items: z.unknown(),
    idempotencyKey: z.string().optional(),
  }),
  z.object({
    type: z.literal('transition'),
    orderId: orderIdSchema,
    transition: z.enum(TRANSITIONS),
    status: z.enum(ORDER_STATUSES),
  }),
  z.object({
    type: z.literal('failed'),
    request: z.string(),
    idempotencyKey: z.string().optional(),
    outcome: z.enum(['rejected', 'unknown']),
  }),
  z.object({ type: z.literal('end'), endedAt: z.iso.datetime() }),
]);
export type ReceiptLine = z.infer<typeof receiptLineSchema>;

/**
 * @throws {Error} in words, when the text is no line of a journal.
 */
export function parseReceiptLine(text: string): ReceiptLine {
  const result = receiptLineSchema.safeParse(JSON.parse(text));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Error(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is no receipt'}`);
}
