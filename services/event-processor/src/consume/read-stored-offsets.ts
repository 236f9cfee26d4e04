import type { Pool } from '@orderflow/service-kit/postgres';
import type { OffsetOwner } from '../apply/batch-statements.ts';

/** The first offsets of these partitions that the database does not have; partitions that it has never seen are absent. */
export async function readStoredOffsets(
  pool: Pool,
  owner: OffsetOwner,
  partitions: readonly number[],
): Promise<ReadonlyMap<number, bigint>> {
  const { rows } = await pool.query<{ partition: number; next_offset: string }>(
    `SELECT partition, next_offset::text FROM consumer_offset
     WHERE consumer_group = $1 AND topic = $2 AND partition = ANY ($3::int[])`,
    [owner.consumerGroup, owner.topic, partitions],
  );
  return new Map(rows.map((row) => [row.partition, BigInt(row.next_offset)]));
}
