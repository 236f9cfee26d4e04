export interface PollPolicy {
  /** Wait after a batch that was not full: lets events gather, since a batch costs nearly the same as an event. */
  readonly lingerMs: number;
  /** The longest wait while nothing comes. */
  readonly idleMs: number;
}

export type PollResult =
  { readonly kind: 'full' } | { readonly kind: 'partial' } | { readonly kind: 'empty'; readonly emptyPolls: number };

/** How long the publisher waits before it asks again: not at all after a full batch, ever longer while nothing comes. */
export function planNextPollMs(policy: PollPolicy, result: PollResult): number {
  switch (result.kind) {
    case 'full':
      return 0;
    case 'partial':
      return policy.lingerMs;
    case 'empty':
      return Math.min(policy.idleMs, policy.lingerMs * 2 ** Math.min(result.emptyPolls, 10));
    default:
      return result satisfies never;
  }
}
