/** Cumulative counts by upper bound, as Prometheus exposes a histogram. */
export type Buckets = ReadonlyMap<number, number>;

/**
 * The quantile of a histogram with linear interpolation within a bucket, as PromQL's `histogram_quantile` has it;
 * undefined without observations. In the last, unbounded bucket the answer is that bucket's lower bound.
 */
export function quantileOf(buckets: Buckets, quantile: number): number | undefined {
  const bounds = [...buckets.keys()].toSorted((a, b) => a - b);
  const total = buckets.get(Number.POSITIVE_INFINITY) ?? 0;
  if (total === 0) return undefined;
  const rank = quantile * total;
  let lower = 0;
  let below = 0;
  for (const upper of bounds) {
    const count = buckets.get(upper) ?? 0;
    if (count >= rank) {
      if (!Number.isFinite(upper)) return lower;
      return count === below ? upper : lower + ((upper - lower) * (rank - below)) / (count - below);
    }
    lower = upper;
    below = count;
  }
  return lower;
}
