import { describe, expect, test } from '@jest/globals';
import { BackPressure } from './back-pressure.ts';

const IMPATIENT_MS = 1;

function pausable() {
  const calls: string[] = [];
  const pause = () => {
    calls.push('pause');
    return () => void calls.push('resume');
  };
  return { calls, pause };
}

describe('back-pressure', () => {
  test('does not pause a partition whose batch is taken over at once', async () => {
    const { calls, pause } = pausable();
    await new BackPressure({ patienceMs: 60_000 }).hold('t/0', Promise.resolve(), pause);
    expect(calls).toEqual([]);
  });

  test('pauses a partition that keeps its batch waiting, and lets the others go on', async () => {
    const { calls, pause } = pausable();
    const backPressure = new BackPressure({ patienceMs: IMPATIENT_MS });
    const takenOver = Promise.withResolvers<void>();
    await backPressure.hold('t/0', takenOver.promise, pause);
    expect(calls).toEqual(['pause']);
    expect(backPressure.isHeld('t/0')).toBe(true);
    expect(backPressure.isHeld('t/1')).toBe(false);
  });

  test('resumes the partition when the batch was taken over', async () => {
    const { calls, pause } = pausable();
    const backPressure = new BackPressure({ patienceMs: IMPATIENT_MS });
    const takenOver = Promise.withResolvers<void>();
    await backPressure.hold('t/0', takenOver.promise, pause);
    takenOver.resolve();
    await new Promise(setImmediate);
    expect(calls).toEqual(['pause', 'resume']);
    expect(backPressure.isHeld('t/0')).toBe(false);
  });

  test('resumes everything for a new assignment, and only once', async () => {
    const { calls, pause } = pausable();
    const backPressure = new BackPressure({ patienceMs: IMPATIENT_MS });
    const takenOver = Promise.withResolvers<void>();
    await backPressure.hold('t/0', takenOver.promise, pause);
    backPressure.releaseAll();
    takenOver.resolve();
    await new Promise(setImmediate);
    expect(calls).toEqual(['pause', 'resume']);
  });

  test('an old batch does not resume what a newer one holds', async () => {
    const { calls, pause } = pausable();
    const backPressure = new BackPressure({ patienceMs: IMPATIENT_MS });
    const old = Promise.withResolvers<void>();
    await backPressure.hold('t/0', old.promise, pause);
    backPressure.releaseAll();
    await backPressure.hold('t/0', new Promise(() => undefined), pause);
    old.resolve();
    await new Promise(setImmediate);
    expect(calls).toEqual(['pause', 'resume', 'pause']);
    expect(backPressure.isHeld('t/0')).toBe(true);
  });
});
