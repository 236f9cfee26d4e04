import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { buildLadder, effectiveReplicas, rungAtMost } from './ladder.ts';

const bounds = fc
  .tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1, max: 300 }))
  .map(([min, more]) => ({ min, max: min + more }));
const partitions = fc.integer({ min: 1, max: 300 });

describe('the ladder', () => {
  test('has every number of replicas that gives the busiest one fewer partitions', () => {
    expect(buildLadder(24, { min: 1, max: 24 })).toEqual([1, 2, 3, 4, 5, 6, 8, 12, 24]);
    expect(buildLadder(12, { min: 1, max: 100 })).toEqual([1, 2, 3, 4, 6, 12]);
  });

  test('starts at the lower bound, and at 1 where that is 0', () => {
    expect(buildLadder(24, { min: 7, max: 24 })).toEqual([7, 8, 12, 24]);
    expect(buildLadder(3, { min: 0, max: 9 })).toEqual([1, 2, 3]);
  });

  test('ends at the upper bound', () => {
    expect(buildLadder(24, { min: 1, max: 10 })).toEqual([1, 2, 3, 4, 5, 6, 8]);
    expect(buildLadder(24, { min: 7, max: 7 })).toEqual([7]);
  });

  test('never leaves the bounds, nor the partition count unless it must', () => {
    fc.assert(
      fc.property(partitions, bounds, (count, { min, max }) => {
        const ladder = buildLadder(count, { min, max });
        expect(ladder).toEqual(ladder.toSorted((a, b) => a - b));
        expect(new Set(ladder).size).toBe(ladder.length);
        expect(Math.min(...ladder)).toBe(Math.max(1, min));
        expect(Math.max(...ladder)).toBeLessThanOrEqual(Math.max(1, min, Math.min(max, count)));
      }),
    );
  });

  test('skips no number that would lower the share of the busiest replica', () => {
    fc.assert(
      fc.property(partitions, bounds, (count, { min, max }) => {
        const ladder = buildLadder(count, { min, max });
        for (let replicas = Math.max(1, min); replicas <= max; replicas += 1) {
          expect(Math.ceil(count / rungAtMost(ladder, replicas))).toBe(Math.ceil(count / replicas));
        }
      }),
    );
  });
});

describe('effective replicas', () => {
  test('are bounded by the busiest one', () => {
    expect(effectiveReplicas({ partitions: 24, skew: 1 }, 12)).toBe(12);
    expect(effectiveReplicas({ partitions: 24, skew: 1 }, 22)).toBe(12);
    expect(effectiveReplicas({ partitions: 24, skew: 1 }, 24)).toBe(24);
    expect(effectiveReplicas({ partitions: 24, skew: 1 }, 30)).toBe(24);
  });

  test('are fewer with a hot partition', () => {
    // One partition takes as much as 4 others: alone it is 4 of 27 parts.
    expect(effectiveReplicas({ partitions: 24, skew: 4 }, 24)).toBe(27 / 4);
    expect(effectiveReplicas({ partitions: 24, skew: 4 }, 12)).toBe(27 / 5);
  });

  test('are none without replicas or partitions', () => {
    expect(effectiveReplicas({ partitions: 24, skew: 1 }, 0)).toBe(0);
    expect(effectiveReplicas({ partitions: 0, skew: 1 }, 3)).toBe(0);
  });
});
