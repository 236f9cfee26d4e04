import { expect, test } from '@jest/globals';
import { until } from './until.ts';

test('gives back the first good answer', async () => {
  let asked = 0;
  expect(await until(() => (asked += 1), { what: 'three', isDone: (count) => count === 3, intervalMs: 1 })).toBe(3);
});

test('says what was awaited and the last answer', async () => {
  await expect(
    until(() => ({ lag: 7 }), { what: 'lag is 0', isDone: ({ lag }) => lag === 0, timeoutMs: 5, intervalMs: 1 }),
  ).rejects.toThrow('not so after 0.005 s: lag is 0; last: { lag: 7 }');
});

test('takes an error for "not yet", and tells it in the end', async () => {
  let asked = 0;
  const ask = (): string => {
    asked += 1;
    if (asked < 3) throw new Error('refused');
    return 'up';
  };
  expect(await until(ask, { what: 'up', intervalMs: 1 })).toBe('up');
  await expect(
    until(() => Promise.reject(new Error('refused')), { what: 'up', timeoutMs: 5, intervalMs: 1 }),
  ).rejects.toThrow('not so after 0.005 s: up; last: it threw Error: refused');
});
