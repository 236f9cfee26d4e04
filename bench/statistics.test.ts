import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { median, slope, worst } from './statistics.ts';

describe('median', () => {
  test('is the middle one, whatever the order', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([7])).toBe(7);
  });

  test('is the mean of the middle two of an even number', () => {
    expect(median([10, 1, 4, 2])).toBe(3);
  });

  test('sorts as numbers, not as text', () => {
    expect(median([10, 9, 100])).toBe(10);
  });

  test('has as many values on either side and changes nothing that it is given', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
        const copy = [...values];
        const middle = median(values);
        expect(values).toEqual(copy);
        const below = values.filter((value) => value < middle).length;
        const above = values.filter((value) => value > middle).length;
        expect(Math.max(below, above)).toBeLessThanOrEqual(values.length / 2);
      }),
    );
  });

  test('of nothing is an error', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('worst', () => {
  test('is the lowest', () => {
    expect(worst([4.2, 3.9, 5])).toBe(3.9);
  });

  test('of nothing is an error', () => {
    expect(() => worst([])).toThrow(RangeError);
  });
});

describe('slope', () => {
  test('is that of a line through the points, and of the nearest one beside them', () => {
    expect(
      slope([
        [1, 5],
        [2, 7],
        [4, 11],
      ]),
    ).toBeCloseTo(2);
    expect(
      slope([
        [0, 1],
        [1, 0],
        [2, 1],
        [3, 0],
      ]),
    ).toBeCloseTo(-0.2);
  });

  test('of a single place is an error', () => {
    expect(() =>
      slope([
        [1, 2],
        [1, 3],
      ]),
    ).toThrow(RangeError);
  });
});
