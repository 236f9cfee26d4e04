import type { Buckets } from '@orderflow/service-kit/histogram';

/** Sums a histogram's series over all label sets and over several expositions (text format 0.0.4). */
export function readHistogram(expositions: readonly string[], name: string): Buckets {
  const buckets = new Map<number, number>();
  const line = new RegExp(`^${name}_bucket\\{(?:[^}]*,)?le="([^"]+)"[^}]*\\} (\\S+)`, 'gm');
  for (const text of expositions) {
    for (const [, bound = '', count = ''] of text.matchAll(line)) {
      const upper = bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound);
      buckets.set(upper, (buckets.get(upper) ?? 0) + Number(count));
    }
  }
  return buckets;
}

/** What was observed between two expositions of the same histogram. */
export function bucketsSince(earlier: Buckets, later: Buckets): Buckets {
  return new Map([...later].map(([bound, count]) => [bound, count - (earlier.get(bound) ?? 0)]));
}
