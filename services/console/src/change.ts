import { quantileOf } from '@orderflow/service-kit/histogram';
import { samplesOf, sumOf, type Exposition, type Series } from './exposition.ts';

/** What the processes of one service said at a moment, by the name of the process. */
export interface Reading {
  readonly atMs: number;
  readonly processes: ReadonlyMap<string, Exposition>;
}

/** By how much a counter grew; one that fell was begun anew by a process that was started again. */
function growth(before: number | undefined, after: number): number {
  return before === undefined || after < before ? after : after - before;
}

/** A counter's growth per second over all processes that were there before; undefined while that is not known. */
export function ratePerSecond(before: Reading | undefined, after: Reading, series: Series): number | undefined {
  if (before === undefined || after.atMs <= before.atMs) return undefined;
  let total: number | undefined;
  for (const [name, exposition] of after.processes) {
    const earlier = before.processes.get(name);
    const now = sumOf(exposition, series);
    if (earlier === undefined || now === undefined) continue;
    total = (total ?? 0) + growth(sumOf(earlier, series), now);
  }
  return total === undefined ? undefined : (total * 1_000) / (after.atMs - before.atMs);
}

export interface QuantileQuery {
  /** Without `_bucket`. */
  readonly histogram: Series;
  /** Of 1. */
  readonly quantile: number;
}

/** A quantile in the histogram's unit of what was observed between two readings, interpolated within its bucket. */
export function quantileBetween(
  before: Reading | undefined,
  after: Reading,
  { histogram, quantile }: QuantileQuery,
): number | undefined {
  const series = { ...histogram, name: `${histogram.name}_bucket` };
  const buckets = new Map<number, number>();
  for (const [name, exposition] of after.processes) {
    const earlier = before?.processes.get(name);
    if (earlier === undefined) continue;
    const known = new Map(samplesOf(earlier, series).map(({ labels, value }) => [keyOf(labels), value]));
    for (const { labels, value } of samplesOf(exposition, series)) {
      const bound = labels['le'] === '+Inf' ? Infinity : Number(labels['le']);
      buckets.set(bound, (buckets.get(bound) ?? 0) + growth(known.get(keyOf(labels)), value));
    }
  }
  return quantileOf(buckets, quantile);
}

function keyOf(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(labels);
}
