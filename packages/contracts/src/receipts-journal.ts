import { z } from 'zod';
import {
  customerIdSchema,
  orderIdSchema,
  ORDER_STATUSES,
  TRANSITIONS,
  type OrderReceipt,
  type Transition,
} from './order.ts';

/**
 * A line of the receipts journal: what clients of the API were told, which the auditor compares with what became of it.
 * Several writers append to one journal, each of them whole lines. Fields that are not named here are ignored.
 */
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

export interface RunStart {
  readonly startedAt: string;
  readonly target: string;
  /** Orders per second, the average of all stages. */
  readonly rate: number;
  readonly durationMs: number;
  readonly seed: number;
  readonly runId: string;
}

export interface RunEnd {
  readonly endedAt: string;
  readonly sent: number;
  readonly accepted: number;
  readonly failed: number;
}

/** First line of a load. */
export function startLine(start: RunStart): string {
  return JSON.stringify({ type: 'start', ...start });
}

/** What a client sent: the body is JSON, an object of customer and items. */
export interface SentOrder {
  readonly body: string;
  readonly idempotencyKey?: string | undefined;
}

/**
 * An order that was answered 2xx. Concatenated, since this is done for every order: the body is JSON already, and
 * what the server answered was checked to need no escapes (a UUID, a number, a timestamp).
 */
export function orderLine(order: SentOrder, receipt: Omit<OrderReceipt, 'status'>): string {
  const { orderId, totalPrice, createdAt } = receipt;
  const key = order.idempotencyKey === undefined ? '' : `"idempotencyKey":"${order.idempotencyKey}",`;
  const head = `{"type":"order","orderId":"${orderId}","totalPrice":${totalPrice},"createdAt":"${createdAt}",`;
  return head + key + order.body.slice(1);
}

/** A transition that was answered 2xx. */
export function transitionLine(transition: Transition, receipt: Pick<OrderReceipt, 'orderId' | 'status'>): string {
  return JSON.stringify({ type: 'transition', orderId: receipt.orderId, transition, status: receipt.status });
}

/** An order that was given up, or a transition that failed. */
export function failedLine(
  request: 'order' | Transition,
  subject: { readonly orderId?: string; readonly idempotencyKey?: string | undefined },
  failure: { readonly outcome: 'rejected' | 'unknown'; readonly httpStatus?: number; readonly error?: string },
): string {
  return JSON.stringify({ type: 'failed', request, ...subject, ...failure });
}

/** Last line of a load. It is missing when the generator was killed. */
export function endLine(end: RunEnd): string {
  return JSON.stringify({ type: 'end', ...end });
}
