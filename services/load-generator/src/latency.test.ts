import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { LatencyRecorder } from './latency.ts';

describe('LatencyRecorder', () => {
  test('percentiles are within a thousandth of the exact ones', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 1, maxLength: 300 }), (latenciesMs) => {
        const recorder = new LatencyRecorder(0);
        for (const latencyMs of latenciesMs) recorder.record(0, latencyMs);
        const sorted = latenciesMs.toSorted((a, b) => a - b);
        const exact = (fraction: number): number => sorted[Math.ceil(fraction * sorted.length) - 1] ?? NaN;
        const summary = recorder.summary();
        if (summary === undefined) throw new Error('nothing was measured');
        for (const [actual, expected] of [
          [summary.p50, exact(0.5)],
          [summary.p99, exact(0.99)],
          [summary.max, exact(1)],
        ] as const) {
          expect(Math.abs(actual - expected)).toBeLessThanOrEqual(expected / 1000 + 0.001);
        }
      }),
    );
  });

  test('leaves out what was meant to start in the warm-up, but shows it in the progress', () => {
    const recorder = new LatencyRecorder(1000);
    recorder.record(999, 500);
    expect(recorder.summary()).toBeUndefined();
    recorder.record(1000, 20);
    expect(recorder.summary()).toMatchObject({ max: 20 });
    expect(recorder.takeInterval().p99Ms).toBeCloseTo(500, 0);
  });

  test('an interval begins anew each time it is taken', () => {
    const recorder = new LatencyRecorder(0);
    recorder.record(0, 80);
    recorder.takeInterval();
    expect(recorder.takeInterval()).toEqual({ p50Ms: 0, p99Ms: 0, latencyBuckets: [] });
    recorder.record(0, 4);
    expect(recorder.takeInterval().p99Ms).toBeCloseTo(4, 1);
    expect(recorder.summary()?.max).toBeCloseTo(80, 0);
  });

  test('the buckets of several intervals add up to the whole, within 5 %', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.001, max: 60_000, noNaN: true }), { minLength: 1 }), (latencies) => {
        const recorder = new LatencyRecorder(0);
        const buckets = latencies.flatMap((ms) => {
          recorder.record(0, ms);
          return recorder.takeInterval().latencyBuckets;
        });
        expect(buckets).toHaveLength(latencies.length);
        for (const [index, [upperMs, count]] of buckets.entries()) {
          const micros = Math.max(1, Math.round(latencies[index]! * 1000));
          expect(count).toBe(1);
          expect(upperMs * 1000).toBeGreaterThanOrEqual(micros * (1 - 1e-9));
          expect(upperMs * 1000).toBeLessThanOrEqual(micros * 1.05 * (1 + 1e-9));
        }
      }),
    );
  });

  test('takes latencies of nothing, below zero (a clock that steps) and of hours', () => {
    const recorder = new LatencyRecorder(0);
    for (const latencyMs of [0, -5, 7_200_000]) recorder.record(0, latencyMs);
    expect(recorder.summary()?.max).toBeCloseTo(3_600_000, -4);
  });
});
