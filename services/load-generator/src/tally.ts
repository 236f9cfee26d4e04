import type { Transition } from '@orderflow/contracts/order';
import { failureReason, type Verdict } from './answers.ts';

/** How the requests of one kind ended. `sent` counts those still in flight too. */
export interface Counts {
  sent: number;
  accepted: number;
  rejected: number;
  unknown: number;
}

const MAX_EXAMPLES = 5;

/** Requests that were not accepted, whatever is known about them. */
export function failedOf(counts: Counts): number {
  return counts.rejected + counts.unknown;
}

/** Everything that a run counts. */
export class Tally {
  /** One per order, however many attempts it took. */
  readonly orders: Counts = { sent: 0, accepted: 0, rejected: 0, unknown: 0 };
  readonly transitions: Readonly<Record<Transition, Counts>> = {
    payment: { sent: 0, accepted: 0, rejected: 0, unknown: 0 },
    shipment: { sent: 0, accepted: 0, rejected: 0, unknown: 0 },
    cancellation: { sent: 0, accepted: 0, rejected: 0, unknown: 0 },
  };
  /** Orders with a key that were sent a second time although they were answered. */
  readonly repeats: Counts = { sent: 0, accepted: 0, rejected: 0, unknown: 0 };
  /** Attempts after a failed one. */
  retries = 0;
  /** How often each reason was met, attempts that were retried included. */
  readonly failureReasons = new Map<string, number>();
  wrongAnswers = 0;
  readonly wrongAnswerExamples: string[] = [];

  /** Counts the end of a request. */
  settle(counts: Counts, verdict: Verdict): void {
    if (verdict.kind === 'accepted') counts.accepted += 1;
    else counts[verdict.failure.outcome] += 1;
    this.#note(verdict);
  }

  /** Counts a failed attempt that is followed by another, so that the end of the request is not known yet. */
  retry(verdict: Verdict): void {
    this.retries += 1;
    this.#note(verdict);
  }

  /** Failed orders and transitions as a fraction of all that were sent. */
  errorRate(): number {
    const all = [this.orders, ...Object.values(this.transitions)];
    const sent = all.reduce((sum, counts) => sum + counts.sent, 0);
    const failed = all.reduce((sum, counts) => sum + failedOf(counts), 0);
    return sent === 0 ? 0 : failed / sent;
  }

  #note(verdict: Verdict): void {
    if (verdict.kind === 'failed') {
      const reason = failureReason(verdict.failure);
      this.failureReasons.set(reason, (this.failureReasons.get(reason) ?? 0) + 1);
    }
    if (verdict.wrong === undefined) return;
    this.wrongAnswers += 1;
    const subject = verdict.kind === 'accepted' ? `order ${verdict.receipt.orderId}: ` : '';
    if (this.wrongAnswerExamples.length < MAX_EXAMPLES) this.wrongAnswerExamples.push(subject + verdict.wrong);
  }
}
