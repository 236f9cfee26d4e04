import { decideLimit, type AdmissionPolicy } from './admission-limit.ts';

/** How an order left again. */
export interface OrderEnd {
  readonly nowMs: number;
  /** Since it entered. */
  readonly latencyMs: number;
  /** Whether it was stored. What failed quickly says nothing about how long storing takes. */
  readonly isStored: boolean;
}

/**
 * The new orders that are on their way to the order service, and how many of them there may be (docs/adr/0020). Times
 * are of any monotonic clock.
 */
export class OrderAdmission {
  readonly #policy: AdmissionPolicy;
  #limit: number;
  #inFlight = 0;
  #quickestMs = Number.POSITIVE_INFINITY;
  #windowStartMs: number;

  constructor(policy: AdmissionPolicy, nowMs: number) {
    this.#policy = policy;
    this.#limit = policy.maxLimit;
    this.#windowStartMs = nowMs;
  }

  get limit(): number {
    return this.#limit;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Whether one more would be too many. */
  get isFull(): boolean {
    return this.#inFlight >= this.#limit;
  }

  /** Counts an order; each is followed by one `leave`. */
  enter(): void {
    this.#inFlight += 1;
  }

  leave({ nowMs, latencyMs, isStored }: OrderEnd): void {
    this.#inFlight -= 1;
    // An order that was given up took at least as long: long is long, however it ended.
    const isTelling = isStored || latencyMs > this.#policy.targetMs;
    if (!isTelling) return;
    if (latencyMs < this.#quickestMs) this.#quickestMs = latencyMs;
    const limit = decideLimit(this.#policy, this.#limit, {
      elapsedMs: nowMs - this.#windowStartMs,
      quickestMs: this.#quickestMs,
    });
    if (limit === undefined) return;
    this.#limit = limit;
    this.#windowStartMs = nowMs;
    this.#quickestMs = Number.POSITIVE_INFINITY;
  }
}
