import type { PartitionRange } from '@orderflow/service-kit/kafka/admin-port';

/** By partition: the first offset that is not applied. A partition that is absent was not begun. */
export type Positions = ReadonlyMap<number, bigint>;

/** What lies between how far the rebuild is and how far it shall come. */
export function rangesBetween(from: Positions, to: Positions): readonly PartitionRange[] {
  return [...to]
    .map(([partition, high]) => ({ partition, low: from.get(partition) ?? 0n, high }))
    .filter(({ low, high }) => low < high)
    .toSorted((a, b) => a.partition - b.partition);
}

/** Whether some partition of `a` is before that of `b`: nothing that only ever grows. */
export function isBehind(a: Positions, b: Positions): boolean {
  return [...b].some(([partition, position]) => (a.get(partition) ?? 0n) < position);
}

/** At most: offsets that hold no message count as well. */
export function countMessages(ranges: readonly PartitionRange[]): number {
  return ranges.reduce((sum, { low, high }) => sum + Number(high - low), 0);
}

/** Cuts ranges into portions of about `maxMessages`, spread over the partitions that are left. */
export function planPortions(ranges: readonly PartitionRange[], maxMessages: number): readonly PartitionRange[][] {
  const portions: PartitionRange[][] = [];
  let left = ranges.filter(({ low, high }) => low < high);
  while (left.length > 0) {
    const share = BigInt(Math.max(1, Math.floor(maxMessages / left.length)));
    const portion = left.map((range) => ({ ...range, high: smaller(range.high, range.low + share) }));
    portions.push(portion);
    left = left
      .map((range, index) => ({ ...range, low: portion[index]?.high ?? range.high }))
      .filter(({ low, high }) => low < high);
  }
  return portions;
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

const WITHOUT_THE_TOPIC = `\
A rebuild would lose it without a trace, so nothing was changed. For rebuilds the topic must keep all events
(retention.ms=-1, or tiered storage). Without its beginning: restore a backup of the analytics database from before the
fault, set the group back to the offsets in its consumer_offset, and let the processor catch up.`;

/**
 * Why analytics cannot be made from the topic: something that was applied is no longer in it. Undefined when all is there.
 *
 * @param fences how far the live processor has come.
 * @param topic what the topic holds.
 */
export function whyNotFromTopic(fences: Positions, topic: readonly PartitionRange[]): string | undefined {
  const held = new Map(topic.map((range) => [range.partition, range]));
  const faults = [...fences]
    .filter(([, fence]) => fence > 0n)
    .toSorted(([a], [b]) => a - b)
    .flatMap(([partition, fence]) => {
      const range = held.get(partition);
      if (range === undefined) return [`partition ${partition} is applied up to offset ${fence} and does not exist`];
      if (range.low > 0n)
        return [`partition ${partition} begins at offset ${range.low}: retention has deleted the rest`];
      if (range.high < fence)
        return [`partition ${partition} is applied up to offset ${fence} and ends at ${range.high}: it was made anew`];
      return [];
    });
  if (faults.length === 0) return undefined;
  return `the topic does not hold all that analytics was made of:\n  ${faults.join('\n  ')}\n${WITHOUT_THE_TOPIC}`;
}
