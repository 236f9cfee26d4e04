import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { decideAdmission, rateLimitHeaders, RateLimiter, type RatePolicy } from './rate-limit.ts';

const policy: RatePolicy = { perSecond: 10, burst: 5 };

/** Sends one request at each of the moments and says which were allowed. */
function admittedAt(moments: readonly number[], used: RatePolicy): number[] {
  const limiter = new RateLimiter(used);
  return moments.filter((nowMs) => limiter.admit('client', nowMs).allowed);
}

const policies = fc.record({ perSecond: fc.integer({ min: 1, max: 2_000 }), burst: fc.integer({ min: 1, max: 200 }) });
const moments = fc
  .array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 300 })
  .map((gaps) => gaps.reduce<number[]>((times, gap) => [...times, (times.at(-1) ?? 0) + gap], []));

describe('token bucket', () => {
  test('allows a burst at once and refuses the request after it', () => {
    expect(admittedAt([0, 0, 0, 0, 0, 0, 0], policy)).toHaveLength(5);
  });

  test('earns one token per interval', () => {
    expect(admittedAt([0, 0, 0, 0, 0, 99, 100, 101, 200], policy)).toEqual([0, 0, 0, 0, 0, 100, 200]);
  });

  test('a refused request costs nothing', () => {
    const refusals = Array.from({ length: 50 }, (_, index) => index);
    expect(admittedAt([0, 0, 0, 0, 0, ...refusals, 100], policy)).toEqual([0, 0, 0, 0, 0, 100]);
  });

  test('says when to come back, and coming back then succeeds', () => {
    fc.assert(
      fc.property(policies, moments, (used, times) => {
        let fullAtMs: number | undefined;
        for (const nowMs of times) {
          const decision = decideAdmission(used, fullAtMs, nowMs);
          fullAtMs = decision.fullAtMs;
          if (decision.allowed) continue;
          expect(decision.retryAfterMs).toBeGreaterThan(0);
          expect(decideAdmission(used, fullAtMs, nowMs + decision.retryAfterMs).allowed).toBe(true);
        }
      }),
    );
  });

  test('no window ever admits more than the burst and what is earned in it', () => {
    fc.assert(
      fc.property(policies, moments, (used, times) => {
        const admitted = admittedAt(times, used);
        admitted.forEach((from, start) => {
          admitted.slice(start).forEach((to, index) => {
            const earned = ((to - from) * used.perSecond) / 1_000;
            expect(index + 1).toBeLessThanOrEqual(used.burst + earned + 1e-3);
          });
        });
      }),
      { numRuns: 50 },
    );
  });

  test('a client below the rate is never refused', () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 200 }), (used, count) => {
        const gapMs = 1_000 / used.perSecond;
        const times = Array.from({ length: count }, (_, index) => index * gapMs);
        expect(admittedAt(times, used)).toHaveLength(count);
      }),
    );
  });

  test('what is said to remain can be sent at once', () => {
    fc.assert(
      fc.property(policies, moments, (used, times) => {
        const limiter = new RateLimiter(used);
        let remaining = 0;
        for (const nowMs of times) ({ remaining } = limiter.admit('client', nowMs));
        const last = times.at(-1) ?? 0;
        for (let sent = 0; sent < remaining; sent += 1) expect(limiter.admit('client', last).allowed).toBe(true);
        expect(limiter.admit('client', last).allowed).toBe(false);
      }),
    );
  });

  test('a clock that jumps back locks nobody out for longer than a full refill', () => {
    const { fullAtMs } = decideAdmission(policy, undefined, 1_000_000);
    expect(decideAdmission(policy, fullAtMs, 0).retryAfterMs).toBeLessThanOrEqual(500);
    expect(decideAdmission(policy, fullAtMs, 0).fullAtMs).toBeLessThanOrEqual(500);
  });
});

describe('RateLimiter', () => {
  test('keeps clients apart', () => {
    const limiter = new RateLimiter({ perSecond: 1, burst: 1 });
    expect(limiter.admit('a', 0).allowed).toBe(true);
    expect(limiter.admit('a', 0).allowed).toBe(false);
    expect(limiter.admit('b', 0).allowed).toBe(true);
  });

  test('remembers no more clients than it may', () => {
    const limiter = new RateLimiter({ perSecond: 1, burst: 1 }, 100);
    for (let client = 0; client < 10_000; client += 1) limiter.admit(`client-${client}`, 0);
    expect(limiter.clients).toBe(100);
  });

  test('forgets the client that was quiet for longest, not the busy one', () => {
    const limiter = new RateLimiter({ perSecond: 1, burst: 3 }, 2);
    limiter.admit('busy', 0);
    limiter.admit('quiet', 0);
    limiter.admit('busy', 0);
    limiter.admit('new', 0);
    limiter.admit('busy', 0);
    expect(limiter.admit('busy', 0).allowed).toBe(false);
  });

  test('gives memory back once buckets are full again', () => {
    const limiter = new RateLimiter({ perSecond: 1_000, burst: 1 });
    for (let client = 0; client < 1_000; client += 1) limiter.admit(`client-${client}`, 0);
    for (let request = 0; request < 1_000; request += 1) limiter.admit('survivor', 10_000 + request);
    expect(limiter.clients).toBe(1);
  });
});

describe('rateLimitHeaders', () => {
  test('says quota and window, what remains and when it is whole again', () => {
    const decision = decideAdmission(policy, undefined, 0);
    expect(rateLimitHeaders(policy, decision, 0)).toEqual({
      'ratelimit-policy': '"default";q=5;w=1',
      ratelimit: '"default";r=4;t=1',
    });
  });

  test('adds Retry-After in whole seconds to a refusal', () => {
    const slow = { perSecond: 0.4, burst: 1 };
    const { fullAtMs } = decideAdmission(slow, undefined, 0);
    expect(rateLimitHeaders(slow, decideAdmission(slow, fullAtMs, 0), 0)).toEqual({
      'ratelimit-policy': '"default";q=1;w=3',
      ratelimit: '"default";r=0;t=3',
      'retry-after': '3',
    });
  });

  test('promises no second more for the rounding of a clock with fractions', () => {
    const slow = { perSecond: 0.01, burst: 2 };
    const clock = fc.integer({ min: 0, max: 1e12 }).map((nanoseconds) => nanoseconds / 1e6);
    fc.assert(
      fc.property(clock, (nowMs) => {
        const first = decideAdmission(slow, undefined, nowMs);
        expect(rateLimitHeaders(slow, first, nowMs)['ratelimit']).toBe('"default";r=1;t=100');
      }),
      { numRuns: 1_000 },
    );
  });
});
