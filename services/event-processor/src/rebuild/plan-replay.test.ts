import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { countMessages, isBehind, planPortions, rangesBetween, whyNotFromTopic } from './plan-replay.ts';

const range = (partition: number, low: number, high: number) => ({ partition, low: BigInt(low), high: BigInt(high) });
const positions = (...list: readonly (readonly [number, number])[]) =>
  new Map(list.map(([partition, offset]) => [partition, BigInt(offset)]));

describe('rangesBetween', () => {
  test('is what lies between two positions, from the beginning where nothing was read', () => {
    const ranges = rangesBetween(positions([0, 5], [2, 7]), positions([2, 7], [1, 3], [0, 9]));
    expect(ranges).toEqual([range(0, 5, 9), range(1, 0, 3)]);
    expect(countMessages(ranges)).toBe(7);
  });

  test('isBehind tells a position that was set back, or is gone', () => {
    expect(isBehind(positions([0, 5]), positions([0, 5]))).toBe(false);
    expect(isBehind(positions([0, 4]), positions([0, 5]))).toBe(true);
    expect(isBehind(positions(), positions([0, 5]))).toBe(true);
  });
});

describe('planPortions', () => {
  test('covers every offset once and in order, with no more at a time than asked for', () => {
    const ranges = fc
      .array(fc.record({ low: fc.nat(50), length: fc.nat(200) }), { maxLength: 6 })
      .map((list) => list.map(({ low, length }, partition) => range(partition, low, low + length)));
    fc.assert(
      fc.property(ranges, fc.integer({ min: 6, max: 100 }), (list, maxMessages) => {
        const portions = planPortions(list, maxMessages);
        for (const portion of portions) {
          expect(countMessages(portion)).toBeGreaterThan(0);
          expect(countMessages(portion)).toBeLessThanOrEqual(maxMessages);
        }
        for (const { partition, low, high } of list) {
          let next = low;
          for (const part of portions.flat().filter((each) => each.partition === partition)) {
            expect(part.low).toBe(next);
            next = part.high;
          }
          expect(next).toBe(high);
        }
      }),
    );
  });
});

describe('whyNotFromTopic', () => {
  test('is nothing when the topic holds all that was applied', () => {
    const topic = [range(0, 0, 10), range(1, 0, 10), range(2, 7, 10)];
    expect(whyNotFromTopic(positions([0, 10], [1, 4]), topic)).toBeUndefined(); // 2 was never applied
    expect(whyNotFromTopic(positions(), [])).toBeUndefined();
  });

  test.each([
    ['retention has deleted the beginning', [range(0, 0, 10), range(1, 3, 10)], /partition 1 begins at offset 3/],
    ['the topic was made anew', [range(0, 0, 10), range(1, 0, 3)], /partition 1 .* up to offset 4 and ends at 3/],
    ['a partition is gone', [range(0, 0, 10)], /partition 1 .* does not exist/],
  ])('says that %s, and what to do', (_, topic, reason) => {
    const why = whyNotFromTopic(positions([0, 10], [1, 4]), topic);
    expect(why).toMatch(reason);
    expect(why).not.toMatch(/partition 0/);
    expect(why).toMatch(/restore a backup/);
  });
});
