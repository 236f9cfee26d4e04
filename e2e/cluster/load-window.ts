import type { LatencyBucket } from '@orderflow/load-generator/latency';
import type { ProgressSample } from '@orderflow/load-generator/progress';

/** A sample of the load generator, and when it arrived here. */
export interface TimedSample {
  readonly atMs: number;
  readonly sample: ProgressSample;
}

/** What customers met between two moments. */
export interface LoadWindow {
  readonly requests: number;
  readonly failed: number;
  /** To 5 %; undefined when nothing was answered. */
  readonly p99Ms: number | undefined;
}

/** Adds up the samples that arrived after `fromMs` and no later than `toMs`. */
export function summarizeWindow(samples: readonly TimedSample[], fromMs: number, toMs: number): LoadWindow {
  const within = samples.filter(({ atMs }) => atMs > fromMs && atMs <= toMs).map(({ sample }) => sample);
  const last = within.at(-1);
  if (last === undefined) return { requests: 0, failed: 0, p99Ms: undefined };
  const before = samples.findLast(({ atMs }) => atMs <= fromMs)?.sample;
  return {
    requests: last.sent - (before?.sent ?? 0),
    failed: last.failed - (before?.failed ?? 0),
    p99Ms: quantileOf(
      within.flatMap(({ latencyBuckets }) => latencyBuckets),
      0.99,
    ),
  };
}

function quantileOf(buckets: readonly LatencyBucket[], quantile: number): number | undefined {
  const ascending = buckets.toSorted(([a], [b]) => a - b);
  const total = ascending.reduce((sum, [, count]) => sum + count, 0);
  let seen = 0;
  for (const [upperMs, count] of ascending) {
    seen += count;
    if (seen >= quantile * total) return upperMs;
  }
  return undefined;
}
