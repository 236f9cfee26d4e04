import { describe, expect, test } from '@jest/globals';
import { planFlush } from './flush-plan.ts';

const policy = { groupSize: 64, lingerMs: 4, lanes: 2 };

describe('planFlush', () => {
  test('writes a lone order at once when the intake was quiet', () => {
    expect(planFlush(policy, { waiting: 1, busyLanes: 0, sinceLastFlushMs: 1_000 })).toEqual({ kind: 'flush' });
  });

  test('lets orders gather for the rest of the linger time', () => {
    const plan = planFlush(policy, { waiting: 3, busyLanes: 0, sinceLastFlushMs: 1 });
    expect(plan).toEqual({ kind: 'flush-in', delayMs: 3 });
  });

  test('writes a full group whatever the time', () => {
    expect(planFlush(policy, { waiting: 64, busyLanes: 1, sinceLastFlushMs: 0 })).toEqual({ kind: 'flush' });
  });

  test('waits for a lane when all are busy', () => {
    expect(planFlush(policy, { waiting: 500, busyLanes: 2, sinceLastFlushMs: 9 })).toEqual({ kind: 'wait' });
  });

  test('has nothing to do for nobody', () => {
    expect(planFlush(policy, { waiting: 0, busyLanes: 0, sinceLastFlushMs: 9 })).toEqual({ kind: 'wait' });
  });

  test('waits at most the linger time when the clock was set back', () => {
    const plan = planFlush(policy, { waiting: 1, busyLanes: 0, sinceLastFlushMs: -60_000 });
    expect(plan).toEqual({ kind: 'flush-in', delayMs: 4 });
  });
});
