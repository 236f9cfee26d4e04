/**
 * Deals the partitions out to lanes: one lane per partition and for the whole epoch, so that a key, which has one
 * partition, has one worker. By rank and not by number modulo lanes: a member that owns only even partitions would
 * otherwise work with half of its lanes.
 */
export function planLanes(partitions: readonly number[], workers: number): number[][] {
  const lanes = Array.from({ length: Math.min(workers, partitions.length) }, (): number[] => []);
  for (const [rank, partition] of partitions.toSorted((a, b) => a - b).entries()) {
    lanes[rank % lanes.length]?.push(partition);
  }
  return lanes;
}
