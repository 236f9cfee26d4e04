import type { PartitionRange } from '@orderflow/service-kit/kafka/admin-port';
import type { PoolClient } from '@orderflow/service-kit/postgres';

/** By partition: everything before this offset was applied or put aside. */
export type NextOffsets = ReadonlyMap<number, bigint>;

export async function readNextOffsets(
  tx: Pick<PoolClient, 'query'>,
  { topic, group }: { readonly topic: string; readonly group: string },
): Promise<NextOffsets> {
  const { rows } = await tx.query<{ partition: number; next_offset: number }>({
    text: 'SELECT partition, next_offset FROM consumer_offset WHERE topic = $1 AND consumer_group = $2',
    values: [topic, group],
  });
  return new Map(rows.map((row) => [row.partition, BigInt(row.next_offset)]));
}

/** Messages that lie before the ends and were not taken yet. */
export function countUnread(next: NextOffsets, ends: readonly PartitionRange[]): number {
  let unread = 0n;
  for (const { partition, low, high } of ends) {
    const from = next.get(partition) ?? low;
    const first = from < low ? low : from;
    if (first < high) unread += high - first;
  }
  return Number(unread);
}

/**
 * Whether the processor claims to have read what the topic does not hold. `ends` must have been read after `next`. Then
 * the topic was made anew, and offsets say nothing about events any more.
 */
export function isBeyond(next: NextOffsets, ends: readonly PartitionRange[]): boolean {
  return ends.some(({ partition, high }) => (next.get(partition) ?? 0n) > high);
}
