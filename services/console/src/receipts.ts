import { TRANSITIONS } from '@orderflow/contracts/order';
import { z } from 'zod';

/** A request of the public API that was answered 2xx. */
export interface Answered {
  /** As the API has it: `/orders` or `/orders/{orderId}/{transition}`. */
  readonly path: string;
  readonly request: unknown;
  readonly answer: string;
}

const placedSchema = z.object({ customerId: z.string(), items: z.array(z.unknown()) });
const toldSchema = z.object({ orderId: z.string(), status: z.string(), totalPrice: z.number(), createdAt: z.string() });

/**
 * The line of the receipts journal for what a person was told, in the form of the load generator's: without it an order
 * placed by hand would be one that nobody knows of to the audit. undefined for an answer that is no receipt.
 */
export function receiptLine({ path, request, answer }: Answered): string | undefined {
  const told = toldSchema.safeParse(JSON.parse(answer));
  if (!told.success) return undefined;
  const { orderId, status, totalPrice, createdAt } = told.data;
  const transition = TRANSITIONS.find((name) => path.endsWith(`/${name}`));
  if (transition !== undefined) return JSON.stringify({ type: 'transition', orderId, transition, status });
  const placed = placedSchema.safeParse(request);
  if (!placed.success) return undefined;
  return JSON.stringify({ type: 'order', orderId, totalPrice, createdAt, ...placed.data });
}
