import { median, slope } from './statistics.ts';

/** Heaps grow until V8 has seen what the work needs; that is no leak. */
const SETTLE_SHARE = 1 / 3;

export interface MemorySample {
  /** Since the measurement began. */
  readonly minutes: number;
  readonly mib: number;
}

/** Of the last two thirds of the samples. */
export interface MemoryTrend {
  readonly mibPerMinute: number;
  readonly firstMiB: number;
  readonly lastMiB: number;
  readonly medianMiB: number;
}

/** @throws {RangeError} when there are too few samples to have a slope. */
export function trendOf(samples: readonly MemorySample[]): MemoryTrend {
  const settled = samples.slice(Math.floor(samples.length * SETTLE_SHARE));
  return {
    mibPerMinute: slope(settled.map(({ minutes, mib }) => [minutes, mib])),
    firstMiB: settled[0]?.mib ?? Number.NaN,
    lastMiB: settled.at(-1)?.mib ?? Number.NaN,
    medianMiB: median(settled.map(({ mib }) => mib)),
  };
}
