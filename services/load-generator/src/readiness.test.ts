import { expect, test } from '@jest/globals';
import type { Reply } from './http-client.ts';
import { TargetUnreachableError, waitUntilReady } from './readiness.ts';

const target = new URL('http://127.0.0.1:8080');

function wait(replies: readonly Reply[], stopping = new AbortController().signal) {
  let probes = 0;
  const done = waitUntilReady({
    target,
    readyTimeoutMs: 3000,
    send: async () => replies[Math.min(probes++, replies.length - 1)] ?? { kind: 'none', error: 'none' },
    nowMs: () => probes * 1000,
    pause: async () => undefined,
    stopping,
  });
  return { done, probes: () => probes };
}

test('any answer below 500 is ready', async () => {
  const { done, probes } = wait([{ kind: 'answer', status: 404, body: '' }]);
  await done;
  expect(probes()).toBe(1);
});

test('asks again while nobody listens or the answer is 5xx', async () => {
  const { done, probes } = wait([
    { kind: 'none', error: 'ECONNREFUSED' },
    { kind: 'answer', status: 503, body: '' },
    { kind: 'answer', status: 200, body: '{}' },
  ]);
  await done;
  expect(probes()).toBe(3);
});

test('gives up after the timeout with a sentence that says what to do', async () => {
  const { done, probes } = wait([{ kind: 'none', error: 'ECONNREFUSED' }]);
  await expect(done).rejects.toThrow(
    new TargetUnreachableError(
      'http://127.0.0.1:8080/ was not ready within 3 s (ECONNREFUSED): is the gateway running there? Give its address with --url',
    ),
  );
  expect(probes()).toBe(3);
});

test('does not ask once the run is interrupted', async () => {
  const { done, probes } = wait([{ kind: 'none', error: 'ECONNREFUSED' }], AbortSignal.abort());
  await done;
  expect(probes()).toBe(0);
});
