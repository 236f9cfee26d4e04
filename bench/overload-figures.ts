import type { LatencyBucket } from '@orderflow/load-generator/latency';
import type { ProgressSample } from '@orderflow/load-generator/progress';

/** What a load said of itself, and when that came in: one clock for all loads. */
export interface TimedSample {
  readonly atMs: number;
  readonly sample: ProgressSample;
}

export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** How a load went in a stretch of time. */
export interface LoadFigures {
  readonly sentPerSecond: number;
  readonly acceptedPerSecond: number;
  /** Those that were answered within the objective, from when they should have been sent. */
  readonly inTimePerSecond: number;
  /** Of all that were answered, refusals apart. */
  readonly latencyBuckets: readonly LatencyBucket[];
}

/** What went on between two samples, or before the first. */
interface Interval extends Stretch {
  readonly seconds: number;
  readonly sent: number;
  readonly accepted: number;
  readonly failed: number;
  readonly sample: ProgressSample;
}

function intervalsOf(samples: readonly TimedSample[]): Interval[] {
  return samples.map(({ atMs, sample }, index) => {
    const before = samples[index - 1];
    const { elapsedMs = 0, sent = 0, accepted = 0, failed = 0 } = before?.sample ?? {};
    return {
      fromMs: before?.atMs ?? atMs - sample.elapsedMs,
      toMs: atMs,
      seconds: (sample.elapsedMs - elapsedMs) / 1_000,
      sent: sample.sent - sent,
      accepted: sample.accepted - accepted,
      failed: sample.failed - failed,
      sample,
    };
  });
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The figures of what lies within the stretch as a whole. */
export function figuresWithin(samples: readonly TimedSample[], stretch: Stretch, objectiveMs: number): LoadFigures {
  const within = intervalsOf(samples).filter(({ fromMs, toMs }) => fromMs >= stretch.fromMs && toMs <= stretch.toMs);
  const seconds = sum(within.map((interval) => interval.seconds));
  const inTime = within.map(({ accepted, sample }) =>
    Math.min(accepted, countWithin(sample.latencyBuckets, objectiveMs)),
  );
  return {
    sentPerSecond: sum(within.map(({ sent }) => sent)) / seconds,
    acceptedPerSecond: sum(within.map(({ accepted }) => accepted)) / seconds,
    inTimePerSecond: sum(inTime) / seconds,
    latencyBuckets: within.flatMap(({ sample }) => sample.latencyBuckets),
  };
}

function countWithin(buckets: readonly LatencyBucket[], limitMs: number): number {
  return sum(buckets.filter(([upperMs]) => upperMs <= limitMs).map(([, count]) => count));
}

/** The bound of the bucket that holds the quantile; undefined when there is nothing in them. */
export function quantileOfBuckets(buckets: readonly LatencyBucket[], quantile: number): number | undefined {
  const total = sum(buckets.map(([, count]) => count));
  let seen = 0;
  for (const [upperMs, count] of buckets.toSorted(([one], [other]) => one - other)) {
    seen += count;
    if (seen >= total * quantile) return upperMs;
  }
  return undefined;
}

/**
 * How many seconds after the end of an overload a steady load was served as ever: all of it, and in time, from then on.
 * Undefined when it was not, or nothing tells.
 */
export function secondsToRecover(
  samples: readonly TimedSample[],
  { endMs, objectiveMs }: { readonly endMs: number; readonly objectiveMs: number },
): number | undefined {
  const after = intervalsOf(samples).filter(({ toMs }) => toMs > endMs);
  const isCalm = ({ failed, sample }: Interval): boolean => failed === 0 && sample.p99Ms <= objectiveMs;
  const lastBad = after.findLastIndex((interval) => !isCalm(interval));
  const bad = after[lastBad];
  if (lastBad === after.length - 1) return undefined;
  return bad === undefined ? 0 : (bad.toMs - endMs) / 1_000;
}
