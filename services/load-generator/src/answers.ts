import { centsFromDecimal, type Cents } from '@orderflow/contracts/money';
import { orderReceiptSchema, type OrderReceipt, type OrderStatus, type Transition } from '@orderflow/contracts/order';
import { NEVER_SENT, type Reply } from './http-client.ts';

/**
 * A request that was not accepted. `rejected` (4xx, or never sent): it surely did not happen. `unknown` (no answer, 5xx, an answer
 * that makes no sense): it may or may not have happened.
 */
export interface Failure {
  readonly outcome: 'rejected' | 'unknown';
  readonly httpStatus?: number;
  readonly error?: string;
}

/** What an answer means. `wrong` says how it breaks the contract, accepted or not. */
export type Verdict =
  | { readonly kind: 'accepted'; readonly receipt: OrderReceipt; readonly wrong?: string }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly wrong?: string };

/** The status that a transition leaves the order in. */
const STATUS_AFTER: Readonly<Record<Transition, OrderStatus>> = {
  payment: 'PAID',
  shipment: 'SHIPPED',
  cancellation: 'CANCELLED',
};

/** Judges the first answer to an order against the total that the generator computed itself. */
export function judgePlacement(reply: Reply, totalCents: Cents): Verdict {
  const verdict = judgeReply(reply);
  if (verdict.kind === 'failed') return verdict;
  const { receipt } = verdict;
  if (receipt.status !== 'CREATED') return { ...verdict, wrong: `a new order has status ${receipt.status}` };
  if (centsFromDecimal(receipt.totalPrice) === totalCents) return verdict;
  return { ...verdict, wrong: `total ${receipt.totalPrice} instead of ${totalCents / 100}` };
}

/**
 * Judges the answer to an order that was answered before, sent again with its key: it must be about the same order.
 * Its status may have moved on.
 */
export function judgeRepeat(reply: Reply, first: OrderReceipt): Verdict {
  const verdict = judgeReply(reply);
  if (verdict.kind === 'failed') {
    const { httpStatus } = verdict.failure;
    const isAnswered = verdict.failure.outcome === 'rejected' && httpStatus !== undefined;
    const isRefused = isAnswered && !isTransientStatus(httpStatus);
    return isRefused ? { ...verdict, wrong: `a repeat of an accepted order was answered ${httpStatus}` } : verdict;
  }
  const { receipt } = verdict;
  if (receipt.orderId !== first.orderId) return { ...verdict, wrong: 'the same key gave two orders' };
  const isSame = receipt.totalPrice === first.totalPrice && receipt.createdAt === first.createdAt;
  return isSame ? verdict : { ...verdict, wrong: 'the same key gave another answer' };
}

/** Judges the answer to a transition. */
export function judgeTransition(reply: Reply, transition: Transition, order: OrderReceipt): Verdict {
  const verdict = judgeReply(reply);
  if (verdict.kind === 'failed') return verdict;
  const { receipt } = verdict;
  if (receipt.orderId !== order.orderId) return { ...verdict, wrong: 'the answer is about another order' };
  if (receipt.status !== STATUS_AFTER[transition])
    return { ...verdict, wrong: `${transition} left it ${receipt.status}` };
  return receipt.totalPrice === order.totalPrice ? verdict : { ...verdict, wrong: `${transition} changed the total` };
}

/** Whether the same request may fare better later. Only requests with an Idempotency-Key may be sent again. */
export function isWorthRetrying(failure: Failure): boolean {
  return failure.outcome === 'unknown' || isTransientStatus(failure.httpStatus);
}

/** Whether the client was told to come back later. */
export function isRefusal(verdict: Verdict): boolean {
  if (verdict.kind === 'accepted') return false;
  const { httpStatus } = verdict.failure;
  return httpStatus === 429 || httpStatus === 503;
}

/** How failures are grouped for people: `HTTP 503`, `timeout`, `ECONNRESET`. */
export function failureReason(failure: Failure): string {
  return failure.httpStatus === undefined ? (failure.error ?? 'unknown') : `HTTP ${failure.httpStatus}`;
}

function isTransientStatus(httpStatus: number | undefined): boolean {
  return httpStatus === 408 || httpStatus === 429;
}

function judgeReply(reply: Reply): Verdict {
  if (reply.kind === 'none') {
    const outcome = reply.error === NEVER_SENT ? 'rejected' : 'unknown';
    return { kind: 'failed', failure: { outcome, error: reply.error } };
  }
  const httpStatus = reply.status;
  if (httpStatus < 200 || httpStatus > 299) {
    const outcome = httpStatus >= 400 && httpStatus <= 499 ? 'rejected' : 'unknown';
    return { kind: 'failed', failure: { outcome, httpStatus } };
  }
  const receipt = parseReceipt(reply.body);
  if (receipt !== undefined) return { kind: 'accepted', receipt };
  const wrong = 'the body of a 2xx answer is malformed';
  return { kind: 'failed', failure: { outcome: 'unknown', httpStatus, error: wrong }, wrong };
}

function parseReceipt(body: string): OrderReceipt | undefined {
  try {
    return orderReceiptSchema.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined; // not JSON
  }
}
