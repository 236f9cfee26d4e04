import { orderReceiptSchema, TRANSITIONS } from '@orderflow/contracts/order';
import { orderLine, transitionLine } from '@orderflow/contracts/receipts-journal';
import { z } from 'zod';

/** A request of the public API that was answered 2xx. */
export interface Answered {
  /** As the API has it: `/orders` or `/orders/{orderId}/{transition}`. */
  readonly path: string;
  readonly request: unknown;
  readonly answer: string;
}

const placedSchema = z.object({ customerId: z.string(), items: z.array(z.unknown()) });

/**
 * The line of the receipts journal for what a person was told, as the load generator writes it: without it an order
 * placed by hand would be one that nobody knows of to the audit. undefined for an answer that is no receipt.
 */
export function receiptLine({ path, request, answer }: Answered): string | undefined {
  const told = orderReceiptSchema.safeParse(JSON.parse(answer));
  if (!told.success) return undefined;
  const transition = TRANSITIONS.find((name) => path.endsWith(`/${name}`));
  if (transition !== undefined) return transitionLine(transition, told.data);
  const placed = placedSchema.safeParse(request);
  if (!placed.success) return undefined;
  return orderLine({ body: JSON.stringify(placed.data) }, told.data);
}
