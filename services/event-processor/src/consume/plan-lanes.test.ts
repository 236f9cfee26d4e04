import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { planLanes } from './plan-lanes.ts';

describe('planLanes', () => {
  test('gives every partition one lane and every lane about the same number', () => {
    const partitions = fc.uniqueArray(fc.nat({ max: 200 }), { maxLength: 40 });
    fc.assert(
      fc.property(partitions, fc.integer({ min: 1, max: 16 }), (owned, workers) => {
        const lanes = planLanes(owned, workers);
        expect(lanes.flat().toSorted((a, b) => a - b)).toEqual(owned.toSorted((a, b) => a - b));
        const sizes = lanes.map((lane) => lane.length);
        expect(lanes.length).toBe(Math.min(workers, owned.length));
        expect(Math.max(0, ...sizes) - Math.min(Number.POSITIVE_INFINITY, ...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('uses both lanes of a member that owns only even partitions', () => {
    expect(planLanes([0, 2, 4, 6], 2)).toEqual([
      [0, 4],
      [2, 6],
    ]);
  });

  test('does not depend on the order in which partitions are named', () => {
    expect(planLanes([10, 9, 2, 1], 2)).toEqual(planLanes([1, 2, 9, 10], 2));
  });
});
