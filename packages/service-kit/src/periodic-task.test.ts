import { describe, expect, test } from '@jest/globals';
import { silentLogger } from './logger.ts';
import { PeriodicTask } from './periodic-task.ts';

const HOUR_MS = 3_600_000;

function create(runOnce: (signal: AbortSignal) => Promise<void>, intervalMs = HOUR_MS): PeriodicTask {
  return new PeriodicTask({ name: 'task', intervalMs, logger: silentLogger(), runOnce });
}

describe('PeriodicTask', () => {
  test('runs in intervals, also after a round that failed, and once however often it is started', async () => {
    let running = 0;
    let mostAtOnce = 0;
    let rounds = 0;
    const thirdRound = Promise.withResolvers<void>();
    const task = create(async () => {
      running += 1;
      mostAtOnce = Math.max(mostAtOnce, running);
      rounds += 1;
      if (rounds === 3) thirdRound.resolve();
      await Promise.resolve();
      running -= 1;
      throw new Error('away');
    }, 1);
    task.start();
    task.start();
    await thirdRound.promise;
    await task.stop();
    expect(mostAtOnce).toBe(1);
  });

  test('stops in the middle of a nap', async () => {
    const napping = Promise.withResolvers<void>();
    const task = create(async () => napping.resolve());
    task.start();
    await napping.promise;
    await expect(task.stop()).resolves.toBeUndefined();
  });

  test('tells a round in work that it stops, and waits for it', async () => {
    let signalSeen: AbortSignal | undefined;
    let isStopped = false;
    const gate = Promise.withResolvers<void>();
    const task = create((signal) => {
      signalSeen = signal;
      return gate.promise;
    });
    task.start();
    const stopped = task.stop().then(() => (isStopped = true));
    await Promise.resolve();
    expect({ aborted: signalSeen?.aborted, isStopped }).toEqual({ aborted: true, isStopped: false });
    gate.resolve();
    await stopped;
  });

  test('stop before start is fine, and nothing runs after it', async () => {
    let rounds = 0;
    const task = create(async () => {
      rounds += 1;
    });
    await task.stop();
    task.start();
    await task.stop();
    expect(rounds).toBe(0);
  });

  test('a wake-up during a round asks for another one', async () => {
    const firstRound = Promise.withResolvers<void>();
    const secondRound = Promise.withResolvers<void>();
    let rounds = 0;
    const task = create(async () => {
      rounds += 1;
      if (rounds === 1) await firstRound.promise;
      else secondRound.resolve();
    });
    task.start();
    task.wake();
    firstRound.resolve();
    await secondRound.promise;
    await task.stop();
    expect(rounds).toBe(2);
  });
});
