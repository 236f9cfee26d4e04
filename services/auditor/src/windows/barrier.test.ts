import { expect, test } from '@jest/globals';
import { countUnread, isBeyond } from './barrier.ts';

const range = (partition: number, low: bigint, high: bigint) => ({ partition, low, high });

test('what lies before the ends and was not taken is unread', () => {
  const ends = [range(0, 0n, 5n), range(1, 0n, 3n)];
  expect(countUnread(new Map([[0, 2n]]), ends)).toBe(6);
  expect(
    countUnread(
      new Map([
        [0, 5n],
        [1, 9n],
      ]),
      ends,
    ),
  ).toBe(0);
});

test('what retention has deleted is not waited for', () => {
  expect(countUnread(new Map(), [range(0, 7n, 7n)])).toBe(0);
  expect(countUnread(new Map([[0, 2n]]), [range(0, 7n, 9n)])).toBe(2);
});

test('offsets beyond the topic are seen', () => {
  expect(isBeyond(new Map([[0, 5n]]), [range(0, 0n, 5n)])).toBe(false);
  expect(isBeyond(new Map([[0, 6n]]), [range(0, 0n, 5n)])).toBe(true);
  expect(isBeyond(new Map(), [range(0, 0n, 0n)])).toBe(false);
});
