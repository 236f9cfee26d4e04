import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { median, worst } from './statistics.ts';

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
