import { failedLine, orderLine, transitionLine } from '@orderflow/contracts/receipts-journal';
import type { OrderReceipt, Transition } from '@orderflow/contracts/order';
import { nextBackoffMs } from '@orderflow/service-kit/retry';
import {
  isWorthRetrying,
  judgePlacement,
  judgeRepeat,
  judgeTransition,
  isRefusal,
  type Failure,
  type Verdict,
} from './answers.ts';
import type { HttpRequest, Reply } from './http-client.ts';
import type { LatencyRecorder } from './latency.ts';
import type { PlannedOrder } from './order-mix.ts';
import type { Random } from './random.ts';
import type { ReceiptSink } from './receipts.ts';
import type { Tally } from './tally.ts';

/** Sends requests; a failure is a reply too. */
export interface Gateway {
  send(request: HttpRequest): Promise<Reply>;
}

export interface CustomerPorts {
  readonly gateway: Gateway;
  readonly receipts: ReceiptSink;
  readonly tally: Tally;
  readonly latency: LatencyRecorder;
  /** How long those wait who are told to come back later (429, 503), each for the first such answer. */
  readonly refusals: LatencyRecorder;
  /** Milliseconds since the start of the run. */
  readonly elapsedMs: () => number;
  /** Once aborted, customers send nothing more; they only take the answers that they wait for. */
  readonly stopping: AbortSignal;
  /** Waits, but returns early when `stopping` aborts. */
  readonly pause: (ms: number) => Promise<void>;
  /** For the jitter of retries. */
  readonly random: Random;
}

/** Attempts after the first of an order with a key. */
const MAX_RETRIES = 3;
const BACKOFF = { baseMs: 100, maxMs: 2000 };

const HEADERS = ['content-type', 'application/json'] as const;

/**
 * The customers of a run. Each order is placed; with a key it is tried again while it fails, and maybe sent twice
 * though it was answered; once accepted it is paid, shipped or cancelled as planned, each step after the answer to the
 * one before.
 */
export class Customers {
  readonly #ports: CustomerPorts;
  #active = 0;
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(ports: CustomerPorts) {
    this.#ports = ports;
  }

  /** Begins with an order that was meant to be sent at `intendedStartMs` of the run. Does not wait for any answer. */
  begin(order: PlannedOrder, intendedStartMs: number): void {
    this.#active += 1;
    void this.#serve(order, intendedStartMs).finally(() => {
      this.#active -= 1;
      if (this.#active === 0) this.#idle?.resolve();
    });
  }

  /** Resolves when every customer has finished. */
  async whenIdle(): Promise<void> {
    if (this.#active === 0) return;
    this.#idle ??= Promise.withResolvers<void>();
    await this.#idle.promise;
  }

  async #serve(order: PlannedOrder, intendedStartMs: number): Promise<void> {
    const { tally, latency, receipts, elapsedMs } = this.#ports;
    tally.orders.sent += 1;
    const verdict = await this.#place(order, intendedStartMs);
    tally.settle(tally.orders, verdict);
    if (verdict.kind === 'failed') {
      // Giving up is a latency of at least that long. A quick refusal is none: it would flatter the percentiles.
      if (verdict.failure.httpStatus === undefined) latency.record(intendedStartMs, elapsedMs() - intendedStartMs);
      const { idempotencyKey } = order;
      receipts.append(failedLine('order', { idempotencyKey }, verdict.failure));
      return;
    }
    latency.record(intendedStartMs, elapsedMs() - intendedStartMs);
    receipts.append(orderLine(order, verdict.receipt));
    if (order.sentTwice) await this.#repeat(order, verdict.receipt);
    await this.#takeSteps(order.steps, verdict.receipt);
  }

  /** Places an order; one with a key is tried again while that makes sense. */
  async #place(order: PlannedOrder, intendedStartMs: number): Promise<Verdict> {
    const { gateway, tally, random, pause, stopping, refusals, elapsedMs } = this.#ports;
    const request = placementOf(order);
    let verdict = judgePlacement(await gateway.send(request), order.totalCents);
    if (isRefusal(verdict)) refusals.record(intendedStartMs, elapsedMs() - intendedStartMs);
    if (order.idempotencyKey === undefined) return verdict;
    let mayHaveHappened = false;
    for (let retry = 0; retry < MAX_RETRIES && verdict.kind === 'failed'; retry += 1) {
      if (!isWorthRetrying(verdict.failure)) break;
      mayHaveHappened ||= verdict.failure.outcome === 'unknown';
      await pause(nextBackoffMs(BACKOFF, retry, random()));
      if (stopping.aborted) break;
      tally.retry(verdict);
      verdict = judgePlacement(await gateway.send(request), order.totalCents);
    }
    return mayHaveHappened ? asUnknown(verdict) : verdict;
  }

  /** Sends an answered order again. When that fails the order stands all the same, so that no receipt says so. */
  async #repeat(order: PlannedOrder, first: OrderReceipt): Promise<void> {
    const { gateway, tally, receipts, stopping } = this.#ports;
    if (stopping.aborted) return;
    tally.repeats.sent += 1;
    const verdict = judgeRepeat(await gateway.send(placementOf(order)), first);
    tally.settle(tally.repeats, verdict);
    if (verdict.kind === 'accepted') receipts.append(orderLine(order, verdict.receipt));
  }

  async #takeSteps(steps: readonly Transition[], order: OrderReceipt): Promise<void> {
    const { gateway, tally, receipts, stopping } = this.#ports;
    const { orderId } = order;
    for (const step of steps) {
      if (stopping.aborted) return;
      tally.transitions[step].sent += 1;
      const reply = await gateway.send({ method: 'POST', path: `/orders/${orderId}/${step}` });
      const verdict = judgeTransition(reply, step, order);
      tally.settle(tally.transitions[step], verdict);
      if (verdict.kind === 'failed') {
        receipts.append(failedLine(step, { orderId }, verdict.failure));
        return; // the next step needs this one
      }
      receipts.append(transitionLine(step, verdict.receipt));
    }
  }
}

function placementOf(order: PlannedOrder): HttpRequest {
  const headers = order.idempotencyKey === undefined ? HEADERS : [...HEADERS, 'idempotency-key', order.idempotencyKey];
  return { method: 'POST', path: '/orders', headers, body: order.body };
}

/** An earlier attempt may have happened, so that a refusal of the last one proves nothing. */
function asUnknown(verdict: Verdict): Verdict {
  if (verdict.kind === 'accepted') return verdict;
  const failure: Failure = { ...verdict.failure, outcome: 'unknown' };
  return { ...verdict, failure };
}
