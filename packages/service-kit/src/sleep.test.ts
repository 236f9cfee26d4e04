import { getEventListeners } from 'node:events';
import { expect, test } from '@jest/globals';
import { sleep } from './sleep.ts';

/** Longer than any test may take: to end earlier, it has to be woken. */
const FOREVER_MS = 1_000_000_000;

test('returns early, without throwing, when the signal aborts', async () => {
  const abort = new AbortController();
  const sleeping = sleep(FOREVER_MS, abort.signal);
  abort.abort();
  await expect(sleeping).resolves.toBeUndefined();
});

test('does not begin with a signal that was aborted', async () => {
  await expect(sleep(FOREVER_MS, AbortSignal.abort())).resolves.toBeUndefined();
});

test('leaves nothing on the signal: a loop may sleep with the same one for days', async () => {
  const { signal } = new AbortController();
  for (let nap = 0; nap < 20; nap += 1) await sleep(0, signal);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('ends by itself without a signal', async () => {
  await expect(sleep(0)).resolves.toBeUndefined();
});
