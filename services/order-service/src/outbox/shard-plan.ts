/**
 * The shards that a publisher should hold, given who lives: every shard has exactly one wanted owner, shares differ by
 * at most one, and all publishers who see the same living come to the same answer without talking.
 */
export function planShards(shardCount: number, livePublishers: readonly string[], publisherId: string): number[] {
  const publishers = livePublishers.toSorted();
  const rank = publishers.indexOf(publisherId);
  if (rank < 0) return [];
  return Array.from({ length: shardCount }, (_, shard) => shard).filter((shard) => shard % publishers.length === rank);
}
