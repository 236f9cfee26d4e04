import { describe, expect, test } from '@jest/globals';
import { ApiException } from '@kubernetes/client-node/dist/gen/apis/exception.js';
import { toApiError } from './api-error.ts';

const SCALE = 'update deployments/scale';

function refusal(status: number, body: string, headers: Record<string, string> = {}): ApiException<string> {
  return new ApiException(status, 'refused', body, headers);
}

describe('toApiError', () => {
  test.each([
    [401, true],
    [403, false],
    [404, false],
    [409, true],
    [410, true],
    [422, false],
    [429, true],
    [500, true],
    [503, true],
  ])('HTTP %i may be tried again: %s', (status, retryable) => {
    expect(toApiError(SCALE, refusal(status, '{}'))).toMatchObject({ status, retryable });
  });

  test('has the reason and the message of the Status, and how long to wait', () => {
    const body = JSON.stringify({ kind: 'Status', reason: 'TooManyRequests', message: 'slow down', code: 429 });
    expect(toApiError(SCALE, refusal(429, body, { 'retry-after': '5' }))).toMatchObject({
      message: 'update deployments/scale: HTTP 429 TooManyRequests: slow down',
      code: 'TooManyRequests',
      retryAfterMs: 5_000,
    });
  });

  test.each(['<html>502 Bad Gateway</html>', '', 'null', '[]'])('bears a body that is no Status: %s', (body) => {
    expect(toApiError(SCALE, refusal(502, body))).toMatchObject({ code: 'HTTP502', retryAfterMs: undefined });
  });

  test('takes a date, a negative number and nothing for no advice on how long to wait', () => {
    for (const header of ['Wed, 21 Oct 2026 07:28:00 GMT', '-1'])
      expect(toApiError(SCALE, refusal(503, '{}', { 'retry-after': header })).retryAfterMs).toBeUndefined();
  });

  test('names the cause of a call without an answer', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:6443'), { code: 'ECONNREFUSED' });
    expect(toApiError(SCALE, new TypeError('fetch failed', { cause }))).toMatchObject({
      message: 'update deployments/scale: ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:6443',
      status: undefined,
      code: 'ECONNREFUSED',
      retryable: true,
    });
    expect(toApiError(SCALE, 'nonsense')).toMatchObject({ code: 'Unknown', retryable: true });
  });

  test('leaves what it has made already as it is', () => {
    const error = toApiError(SCALE, refusal(409, '{}'));
    expect(toApiError('another call', error)).toBe(error);
  });
});
