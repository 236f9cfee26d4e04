import { describe, expect, test } from '@jest/globals';
import type { LatencyBucket } from '@orderflow/load-generator/latency';
import { figuresWithin, quantileOfBuckets, secondsToRecover, type TimedSample } from './overload-figures.ts';

const OBJECTIVE_MS = 300;

/** One sample a second; each says what happened in its second. */
function samplesOf(
  seconds: readonly {
    readonly sent?: number;
    readonly accepted?: number;
    readonly failed?: number;
    readonly p99Ms?: number;
    readonly latencyBuckets?: readonly LatencyBucket[];
  }[],
): TimedSample[] {
  const totals = { sent: 0, accepted: 0, failed: 0 };
  return seconds.map(({ sent = 0, accepted = 0, failed = 0, p99Ms = 10, latencyBuckets = [] }, index) => {
    totals.sent += sent;
    totals.accepted += accepted;
    totals.failed += failed;
    const elapsedMs = (index + 1) * 1_000;
    const sample = { elapsedMs, ...totals, inFlight: 0, p50Ms: 1, p99Ms, latencyBuckets };
    return { atMs: 50_000 + elapsedMs, sample };
  });
}

describe('figuresWithin', () => {
  test('are those of the stretch alone', () => {
    const buckets: LatencyBucket[] = [
      [100, 700],
      [290, 100],
      [310, 200],
    ];
    const samples = samplesOf([
      { sent: 9_000, accepted: 10 },
      { sent: 5_000, accepted: 1_000, latencyBuckets: buckets },
      { sent: 3_000, accepted: 1_000, latencyBuckets: buckets },
      { sent: 9_000, accepted: 10 },
    ]);
    const figures = figuresWithin(samples, { fromMs: 51_000, toMs: 53_000 }, OBJECTIVE_MS);
    expect(figures).toMatchObject({ sentPerSecond: 4_000, acceptedPerSecond: 1_000, inTimePerSecond: 800 });
    expect(quantileOfBuckets(figures.latencyBuckets, 0.5)).toBe(100);
    expect(quantileOfBuckets(figures.latencyBuckets, 0.99)).toBe(310);
  });

  test('count no order in time that was not accepted', () => {
    const samples = samplesOf([{ sent: 10, accepted: 3, latencyBuckets: [[1, 10]] }]);
    expect(figuresWithin(samples, { fromMs: 0, toMs: 60_000 }, OBJECTIVE_MS).inTimePerSecond).toBe(3);
  });
});

test('no quantile of nothing', () => {
  expect(quantileOfBuckets([], 0.99)).toBeUndefined();
});

describe('secondsToRecover', () => {
  const end = { endMs: 51_500, objectiveMs: OBJECTIVE_MS };
  const bad = { failed: 5 };
  const slow = { p99Ms: 301 };
  const good = { accepted: 5 };

  test.each([
    ['0 when all was well at once', [bad, good, good], 0],
    ['until the last second that failed somebody', [bad, good, bad, good], 1.5],
    ['until the last slow second', [bad, slow, slow, good], 1.5],
    ['never when the last second is bad', [bad, good, slow], undefined],
    ['unknown when nothing came after the end', [bad], undefined],
  ])('%s', (_name, seconds, expected) => {
    expect(secondsToRecover(samplesOf(seconds), end)).toBe(expected);
  });
});
