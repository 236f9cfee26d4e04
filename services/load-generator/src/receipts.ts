import type { OrderReceipt, Transition } from '@orderflow/contracts/order';
import type { Failure } from './answers.ts';
import type { PlannedOrder } from './order-mix.ts';

/** Where the lines of the receipts journal go. One call per line, without its line feed. */
export interface ReceiptSink {
  append(line: string): void;
}

/** A sink for runs without a journal. */
export const noReceipts: ReceiptSink = { append: () => undefined };

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

/** First line of a journal. */
export function startLine(start: RunStart): string {
  return JSON.stringify({ type: 'start', ...start });
}

/**
 * An order that was answered 2xx. Concatenated, since this is done for every order: the body is JSON already, and
 * what the server answered was checked to need no escapes (a UUID, a number, a timestamp).
 */
export function orderLine(order: PlannedOrder, receipt: OrderReceipt): string {
  const { orderId, totalPrice, createdAt } = receipt;
  const key = order.idempotencyKey === undefined ? '' : `"idempotencyKey":"${order.idempotencyKey}",`;
  const head = `{"type":"order","orderId":"${orderId}","totalPrice":${totalPrice},"createdAt":"${createdAt}",`;
  return head + key + order.body.slice(1);
}

/** A transition that was answered 2xx. */
export function transitionLine(transition: Transition, receipt: OrderReceipt): string {
  return JSON.stringify({ type: 'transition', orderId: receipt.orderId, transition, status: receipt.status });
}

/** An order that was given up, or a transition that failed. */
export function failedLine(
  request: 'order' | Transition,
  subject: { readonly orderId?: string; readonly idempotencyKey?: string | undefined },
  failure: Failure,
): string {
  return JSON.stringify({ type: 'failed', request, ...subject, ...failure });
}

/** Last line of a journal. It is missing when the generator was killed. */
export function endLine(end: RunEnd): string {
  return JSON.stringify({ type: 'end', ...end });
}
