import { expect, test } from '@jest/globals';
import type { PartitionRange } from '@orderflow/service-kit/kafka/admin-port';
import { LagHistory } from './lag-history.ts';

const ends = (high: bigint): PartitionRange[] => [{ partition: 0, low: 0n, high }];
const reached = (next: bigint) => (ranges: readonly PartitionRange[]) => ranges.every(({ high }) => high <= next);

test('nothing waits while every end is reached', () => {
  const history = new LagHistory();
  expect(history.note({ nowMs: 1_000, ends: ends(5n), isReached: reached(5n) })).toBeUndefined();
});

test('waits since the first end that is not reached', () => {
  const history = new LagHistory();
  history.note({ nowMs: 1_000, ends: ends(5n), isReached: reached(0n) });
  history.note({ nowMs: 2_000, ends: ends(9n), isReached: reached(0n) });
  expect(history.note({ nowMs: 3_000, ends: ends(12n), isReached: reached(5n) })).toBe(2_000);
  expect(history.note({ nowMs: 4_000, ends: ends(12n), isReached: reached(12n) })).toBeUndefined();
});

test('a day of waiting is remembered from its beginning, in few marks', () => {
  const history = new LagHistory();
  let sinceMs: number | undefined;
  for (let round = 0; round < 17_280; round += 1) {
    sinceMs = history.note({ nowMs: round * 5_000, ends: ends(BigInt(round + 1)), isReached: reached(0n) });
  }
  expect(sinceMs).toBe(0);
});
