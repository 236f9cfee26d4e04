import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { decideLimit, type AdmissionPolicy } from './admission-limit.ts';

const policy: AdmissionPolicy = { targetMs: 150, minLimit: 128, maxLimit: 2_000 };

const policies = fc
  .tuple(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 500 }), fc.integer({ min: 0, max: 5_000 }))
  .map(([targetMs, minLimit, above]): AdmissionPolicy => ({ targetMs, minLimit, maxLimit: minLimit + above }));
const windows = fc.record({
  elapsedMs: fc.integer({ min: 0, max: 100_000 }),
  quickestMs: fc.oneof(fc.integer({ min: 0, max: 20_000 }), fc.constant(Number.POSITIVE_INFINITY)),
});
const situations = policies.chain((used) =>
  fc.tuple(fc.constant(used), fc.integer({ min: used.minLimit, max: used.maxLimit }), windows),
);

describe('decideLimit', () => {
  test('is always a whole number between the smallest and the largest', () => {
    fc.assert(
      fc.property(situations, ([used, limit, window]) => {
        const next = decideLimit(used, limit, window) ?? limit;
        expect(Number.isInteger(next)).toBe(true);
        expect(next).toBeGreaterThanOrEqual(used.minLimit);
        expect(next).toBeLessThanOrEqual(used.maxLimit);
      }),
    );
  });

  test('never falls while the quickest order is within the target, nor grows while it is not', () => {
    fc.assert(
      fc.property(situations, ([used, limit, window]) => {
        const next = decideLimit(used, limit, window) ?? limit;
        const isQuick = window.quickestMs <= used.targetMs;
        expect(isQuick ? next - limit : limit - next).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test('decides nothing before an order can have met the last decision, nor without an answer', () => {
    expect(decideLimit(policy, 2_000, { elapsedMs: 99, quickestMs: 1 })).toBeUndefined();
    expect(decideLimit(policy, 2_000, { elapsedMs: 799, quickestMs: 800 })).toBeUndefined();
    const unanswered = { elapsedMs: 60_000, quickestMs: Number.POSITIVE_INFINITY };
    expect(decideLimit(policy, 2_000, unanswered)).toBeUndefined();
  });

  test('cuts to what the target allows at the present rate, and to half at most', () => {
    expect(decideLimit(policy, 500, { elapsedMs: 1_000, quickestMs: 200 })).toBe(375);
    expect(decideLimit(policy, 500, { elapsedMs: 1_000, quickestMs: 900 })).toBe(250);
  });

  test('grows by a tenth', () => {
    expect(decideLimit(policy, 200, { elapsedMs: 100, quickestMs: 10 })).toBe(221);
  });
});
