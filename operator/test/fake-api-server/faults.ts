import type { ApiCall } from './api-call.ts';

/** What the server does instead of answering. */
export type Fault =
  | { readonly kind: 'status'; readonly code: number; readonly reason: string; readonly retryAfterSeconds?: number }
  /** The connection is reset before anything was done. */
  | { readonly kind: 'reset' }
  /** The call is done, and the connection reset before the answer. */
  | { readonly kind: 'resetAfter' }
  /** Nothing comes, and the connection stays open. */
  | { readonly kind: 'silence' };

interface PlannedFault {
  readonly matches: (call: ApiCall) => boolean;
  readonly fault: Fault;
  left: number;
}

/** Faults that wait for their call. */
export class FaultPlan {
  readonly #planned: PlannedFault[] = [];

  /** The next `times` calls that match meet the fault. */
  add(matches: (call: ApiCall) => boolean, fault: Fault, times = 1): void {
    this.#planned.push({ matches, fault, left: times });
  }

  take(call: ApiCall): Fault | undefined {
    const planned = this.#planned.find((candidate) => candidate.left > 0 && candidate.matches(call));
    if (planned === undefined) return undefined;
    planned.left -= 1;
    return planned.fault;
  }

  clear(): void {
    this.#planned.length = 0;
  }
}

export const TOO_MANY_REQUESTS = {
  kind: 'status',
  code: 429,
  reason: 'TooManyRequests',
  retryAfterSeconds: 1,
} as const satisfies Fault;
