import { build } from 'hdr-histogram-js';

const HIGHEST_LATENCY_MICROS = 3_600_000_000;

/** The distribution of latencies in milliseconds, exact to three digits. */
export interface LatencySummary {
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  readonly mean: number;
}

/** How many requests took at most so many milliseconds, and more than the bound below. */
export type LatencyBucket = readonly [upperMs: number, count: number];

/** Two neighbouring bounds of `LatencyBucket`s are this factor apart. */
const BUCKET_FACTOR = 1.05;

/** The latencies of a part of a run. */
export interface LatencyInterval {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly latencyBuckets: readonly LatencyBucket[];
}

function createHistogram() {
  return build({
    bitBucketSize: 32,
    lowestDiscernibleValue: 1,
    highestTrackableValue: 60_000_000,
    autoResize: true,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  });
}

/**
 * Latencies from the intended start of each request (Tene, "How NOT to Measure Latency"): the time that a request
 * spent waiting for the generator or for a connection is part of what its customer waited.
 */
export class LatencyRecorder {
  readonly #warmupMs: number;
  readonly #measured = createHistogram();
  readonly #interval = createHistogram();
  #buckets = new Map<number, number>();

  /** Requests that were meant to start before `warmupMs` of the run show in the progress only. */
  constructor(warmupMs: number) {
    this.#warmupMs = warmupMs;
  }

  record(intendedStartMs: number, latencyMs: number): void {
    const micros = Math.min(HIGHEST_LATENCY_MICROS, Math.max(1, Math.round(latencyMs * 1000)));
    this.#interval.recordValue(micros);
    const bucket = Math.ceil(Math.log(micros / 1000) / Math.log(BUCKET_FACTOR));
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
    if (intendedStartMs >= this.#warmupMs) this.#measured.recordValue(micros);
  }

  /** The run so far without its warm-up; undefined when nothing was measured. */
  summary(): LatencySummary | undefined {
    const histogram = this.#measured;
    if (histogram.totalCount === 0) return undefined;
    const at = (percentile: number): number => histogram.getValueAtPercentile(percentile) / 1000;
    return {
      p50: at(50),
      p90: at(90),
      p95: at(95),
      p99: at(99),
      p999: at(99.9),
      max: histogram.maxValue / 1000,
      mean: Math.round(histogram.mean) / 1000,
    };
  }

  /** What was recorded since the last call; p50 and p99 are 0 when nothing was. Buckets of intervals can be added up. */
  takeInterval(): LatencyInterval {
    const p50Ms = this.#interval.getValueAtPercentile(50) / 1000;
    const p99Ms = this.#interval.getValueAtPercentile(99) / 1000;
    const latencyBuckets = [...this.#buckets].map(([bucket, count]): LatencyBucket => [BUCKET_FACTOR ** bucket, count]);
    this.#interval.reset();
    this.#buckets = new Map();
    return { p50Ms, p99Ms, latencyBuckets };
  }
}
