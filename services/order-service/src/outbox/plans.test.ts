import { describe, expect, test } from '@jest/globals';
import { newId } from '@orderflow/contracts/ids';
import * as fc from 'fast-check';
import { planNextPollMs } from './poll-plan.ts';
import { planRefusal } from './refusal-plan.ts';
import { planShards } from './shard-plan.ts';
import { OUTBOX_SHARDS, shardOf } from './shard.ts';

describe('planShards', () => {
  test('gives every shard to exactly one of the living, in shares that differ by at most one', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.uuid(), { minLength: 1, maxLength: 20 }), (publishers) => {
        const shares = publishers.map((publisher) => planShards(OUTBOX_SHARDS, publishers, publisher));
        expect(shares.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: OUTBOX_SHARDS }, (_, i) => i));
        const sizes = shares.map((share) => share.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('does not depend on the order in which the living are seen', () => {
    expect(planShards(16, ['a', 'b', 'c'], 'b')).toEqual(planShards(16, ['c', 'b', 'a'], 'b'));
  });

  test('gives nothing to one who does not live', () => {
    expect(planShards(16, ['a'], 'b')).toEqual([]);
  });
});

describe('shardOf', () => {
  test('spreads new orders over all shards', () => {
    const shards = new Set(Array.from({ length: 2_000 }, () => shardOf(newId())));
    expect(shards.size).toBe(OUTBOX_SHARDS);
  });
});

describe('planNextPollMs', () => {
  const policy = { lingerMs: 25, idleMs: 100 };

  test('asks again at once after a full batch', () => {
    expect(planNextPollMs(policy, { kind: 'full' })).toBe(0);
  });

  test('lets events gather after a batch that was not full', () => {
    expect(planNextPollMs(policy, { kind: 'partial' })).toBe(25);
  });

  test('waits longer while nothing comes, up to a bound', () => {
    const waits = [1, 2, 3, 50].map((emptyPolls) => planNextPollMs(policy, { kind: 'empty', emptyPolls }));
    expect(waits).toEqual([50, 100, 100, 100]);
  });
});

describe('planRefusal', () => {
  const policy = { maxAttempts: 3, backoff: { baseMs: 100, maxMs: 1_000 } };

  test('parks until the last attempt, then gives up', () => {
    expect([0, 1, 2].map((earlier) => planRefusal(policy, earlier, 0.5).kind)).toEqual(['park', 'park', 'bury']);
  });

  test('backs off within its bounds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (earlier, random) => {
        const plan = planRefusal(policy, earlier, random);
        if (plan.kind !== 'park') throw new Error('parks before the last attempt');
        expect(plan.delayMs).toBeGreaterThanOrEqual(50);
        expect(plan.delayMs).toBeLessThanOrEqual(1_000);
      }),
    );
  });
});
