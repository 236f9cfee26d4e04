/** A token bucket: `burst` tokens at most, refilled with `perSecond` tokens a second; a request costs one. */
export interface RatePolicy {
  readonly perSecond: number;
  readonly burst: number;
}

export interface RateDecision {
  readonly allowed: boolean;
  /** The bucket after this request: when it will be full again. This one number is the whole state of a client. */
  readonly fullAtMs: number;
  /** Requests that the client may send at once after this one. */
  readonly remaining: number;
  /** How long until the next token; 0 when allowed. */
  readonly retryAfterMs: number;
}

/** Rounding of the refill must not cost a client a token that it has earned. */
const EPSILON_TOKENS = 1e-6;
const EPSILON_SECONDS = 1e-6;

/**
 * Whether a request is within the policy. `fullAtMs` is that of the client's last decision, undefined when there was
 * none; it and `nowMs` are of any clock, which may even jump back: a client then waits no longer than a full refill.
 */
export function decideAdmission(policy: RatePolicy, fullAtMs: number | undefined, nowMs: number): RateDecision {
  const tokenMs = 1_000 / policy.perSecond;
  const debtMs = fullAtMs === undefined ? 0 : Math.min(Math.max(fullAtMs - nowMs, 0), policy.burst * tokenMs);
  const tokens = policy.burst - debtMs / tokenMs;
  if (tokens < 1 - EPSILON_TOKENS) {
    return { allowed: false, fullAtMs: nowMs + debtMs, remaining: 0, retryAfterMs: (1 - tokens) * tokenMs };
  }
  const remaining = Math.max(0, Math.floor(tokens - 1 + EPSILON_TOKENS));
  return { allowed: true, fullAtMs: nowMs + debtMs + tokenMs, remaining, retryAfterMs: 0 };
}

/** Milliseconds as whole seconds, at least enough of them; the rounding of a sum of fractions is no second. */
function wholeSeconds(ms: number): number {
  return Math.ceil(ms / 1_000 - EPSILON_SECONDS);
}

/** How many clients are remembered: about 10 MB. */
const DEFAULT_MAX_CLIENTS = 100_000;

/**
 * The buckets of all clients, in bounded memory: a full bucket is the same as none and is forgotten, and beyond
 * `maxClients` the client that has been quiet for longest starts afresh (who can call from that many addresses is not
 * held by a limit per address anyway).
 */
export class RateLimiter {
  readonly policy: RatePolicy;
  readonly #maxClients: number;
  /** By client; least recently admitted first. */
  readonly #fullAtMs = new Map<string, number>();

  constructor(policy: RatePolicy, maxClients = DEFAULT_MAX_CLIENTS) {
    this.policy = policy;
    this.#maxClients = maxClients;
  }

  get clients(): number {
    return this.#fullAtMs.size;
  }

  admit(client: string, nowMs: number): RateDecision {
    const decision = decideAdmission(this.policy, this.#fullAtMs.get(client), nowMs);
    if (decision.allowed) {
      this.#fullAtMs.delete(client);
      this.#fullAtMs.set(client, decision.fullAtMs);
      this.#forgetQuiet(nowMs);
    }
    return decision;
  }

  /** Looks at two clients for each one that is added at most: the cost is spread, and the map shrinks when it can. */
  #forgetQuiet(nowMs: number): void {
    let looked = 0;
    for (const [client, fullAtMs] of this.#fullAtMs) {
      if (fullAtMs > nowMs && this.#fullAtMs.size <= this.#maxClients) return;
      this.#fullAtMs.delete(client);
      looked += 1;
      if (looked === 2) return;
    }
  }
}

/**
 * The header fields of draft-ietf-httpapi-ratelimit-headers-10: the quota `q` per window of `w` seconds (the time in
 * which an empty bucket fills), what remains of it, and after how many seconds it is whole again.
 */
export function rateLimitHeaders(policy: RatePolicy, decision: RateDecision, nowMs: number): Record<string, string> {
  const windowSeconds = Math.max(1, Math.ceil(policy.burst / policy.perSecond));
  const resetSeconds = Math.max(0, wholeSeconds(decision.fullAtMs - nowMs));
  return {
    'ratelimit-policy': `"default";q=${policy.burst};w=${windowSeconds}`,
    ratelimit: `"default";r=${decision.remaining};t=${resetSeconds}`,
    ...(decision.allowed ? {} : { 'retry-after': String(Math.max(1, wholeSeconds(decision.retryAfterMs))) }),
  };
}
