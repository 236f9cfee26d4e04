import { nextBackoffMs } from '@orderflow/service-kit/retry';

export interface RefusalPolicy {
  /** After this many refusals an event is given up. */
  readonly maxAttempts: number;
  readonly backoff: { readonly baseMs: number; readonly maxMs: number };
}

export type RefusalPlan =
  | { readonly kind: 'park'; readonly attempts: number; readonly delayMs: number }
  | { readonly kind: 'bury'; readonly attempts: number };

/** What happens to an event that Kafka has just refused, after it was refused `earlierAttempts` times before. */
export function planRefusal(policy: RefusalPolicy, earlierAttempts: number, random: number): RefusalPlan {
  const attempts = earlierAttempts + 1;
  if (attempts >= policy.maxAttempts) return { kind: 'bury', attempts };
  return { kind: 'park', attempts, delayMs: nextBackoffMs(policy.backoff, earlierAttempts, random) };
}
