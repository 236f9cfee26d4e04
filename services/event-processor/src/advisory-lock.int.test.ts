import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createAnalytics, type TestAnalytics } from '../test/analytics.ts';
import { withAdvisoryLock } from './advisory-lock.ts';

const LOCK = 42;

let analytics: TestAnalytics;
beforeEach(async () => {
  analytics = await createAnalytics();
});
afterEach(async () => {
  await analytics[Symbol.asyncDispose]();
});

const lock = <T>(work: () => Promise<T>) => withAdvisoryLock(analytics.pool, LOCK, work);

describe('withAdvisoryLock', () => {
  test('lets one in at a time, and the next one after it', async () => {
    const inner = await lock(() => lock(() => Promise.resolve('both')));
    expect(inner).toBeUndefined();
    expect(await lock(() => Promise.resolve('free again'))).toBe('free again');
  });

  test('gives the lock back when the work fails', async () => {
    await expect(lock(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    expect(await lock(() => Promise.resolve('free again'))).toBe('free again');
  });

  test('outlives the end of its connection in the middle of the work', async () => {
    const result = await lock(async () => {
      const { rows } = await analytics.pool.query(
        "SELECT pg_terminate_backend(pid, 5000) AS done FROM pg_locks WHERE locktype = 'advisory' AND database = " +
          '(SELECT oid FROM pg_database WHERE datname = current_database())',
      );
      await new Promise((resolve) => setImmediate(resolve)); // the connection hears of it
      return rows;
    });
    expect(result).toEqual([{ done: true }]);
    expect(await lock(() => Promise.resolve('free again'))).toBe('free again');
  });
});
