import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { createRandom, pickSkewed, pickUniform } from './random.ts';

function take(count: number, next: () => number): number[] {
  return Array.from({ length: count }, next);
}

describe('createRandom', () => {
  test('the same seed gives the same numbers, a near seed others', () => {
    const numbers = take(20, createRandom(42));
    expect(take(20, createRandom(42))).toEqual(numbers);
    expect(take(20, createRandom(43)).filter((number) => numbers.includes(number))).toEqual([]);
    expect(take(20, createRandom(42 + 2 ** 32))).not.toEqual(numbers);
  });

  test('numbers are in [0, 1) and spread evenly', () => {
    const numbers = take(100_000, createRandom(7));
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
    for (let tenth = 0; tenth < 10; tenth += 1) {
      const share = numbers.filter((number) => Math.floor(number * 10) === tenth).length / numbers.length;
      expect(share).toBeCloseTo(0.1, 2);
    }
  });
});

describe('picks', () => {
  test('are whole numbers below the limit', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (limit, number) => {
          for (const pick of [pickUniform(() => number, limit), pickSkewed(() => number, limit)]) {
            expect(Number.isInteger(pick) && pick >= 0 && pick < limit).toBe(true);
          }
        },
      ),
    );
  });

  test('the first 1 % get 10 % of the skewed picks', () => {
    const random = createRandom(1);
    const picks = take(100_000, () => pickSkewed(random, 1000));
    expect(picks.filter((pick) => pick < 10).length / picks.length).toBeCloseTo(0.1, 2);
  });
});
