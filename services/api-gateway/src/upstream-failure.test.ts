import { describe, expect, test } from '@jest/globals';
import {
  adviceFor,
  answerFor,
  classifyFailure,
  decideRetry,
  isRepeatable,
  UpstreamTimeoutError,
} from './upstream-failure.ts';

function coded(code: string): Error {
  return Object.assign(new Error(code), { code });
}

describe('classifyFailure', () => {
  test.each([
    ['ECONNREFUSED', false, 'connect'],
    ['ECONNRESET', false, 'connect'],
    ['UND_ERR_CONNECT_TIMEOUT', false, 'connect'],
    ['ENOTFOUND', false, 'connect'],
    ['UND_ERR_CLOSED', false, 'connect'],
    ['UND_ERR_SOCKET', true, 'reset'],
    ['ECONNRESET', true, 'reset'],
    ['EPIPE', true, 'reset'],
    ['UND_ERR_HEADERS_TIMEOUT', true, 'timeout'],
    ['UND_ERR_BODY_TIMEOUT', true, 'timeout'],
    ['HPE_INVALID_CONSTANT', true, 'protocol'],
    ['UND_ERR_HEADERS_OVERFLOW', true, 'protocol'],
    ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', true, 'protocol'],
    ['UND_ERR_INVALID_ARG', false, 'protocol'],
  ] as const)('%s with bytes sent %s is %s', (code, sent, failure) => {
    expect(classifyFailure(coded(code), sent)).toBe(failure);
  });

  test('the deadline is a timeout, and what is no error at all is still classified', () => {
    expect(classifyFailure(new UpstreamTimeoutError(), true)).toBe('timeout');
    expect(classifyFailure('nonsense', true)).toBe('protocol');
  });
});

describe('isRepeatable', () => {
  const key = ['content-type', 'application/json', 'idempotency-key', 'key-1'];

  test.each(['GET', 'HEAD'])('%s is', (method) => {
    expect(isRepeatable(method, '/orders/{orderId}', [])).toBe(true);
  });

  test('an order is under an Idempotency-Key only', () => {
    expect(isRepeatable('POST', '/orders', key)).toBe(true);
    expect(isRepeatable('POST', '/orders', ['idempotency-key', ''])).toBe(false);
    expect(isRepeatable('POST', '/orders', ['content-type', 'application/json'])).toBe(false);
  });

  test('a transition is not, with or without a key', () => {
    expect(isRepeatable('POST', '/orders/{orderId}/payment', key)).toBe(false);
    expect(isRepeatable('POST', '/orders/{orderId}/payment', [])).toBe(false);
  });
});

describe('decideRetry', () => {
  test.each([true, false])('sends again what was not sent (repeatable %s)', (repeatable) => {
    expect(decideRetry({ failure: 'connect', attempts: 1, repeatable })).toBe(true);
  });

  test('sends again after a reset only what is repeatable', () => {
    expect(decideRetry({ failure: 'reset', attempts: 1, repeatable: true })).toBe(true);
    expect(decideRetry({ failure: 'reset', attempts: 1, repeatable: false })).toBe(false);
  });

  test.each(['timeout', 'protocol', 'overload'] as const)('does not try again after %s', (failure) => {
    expect(decideRetry({ failure, attempts: 1, repeatable: true })).toBe(false);
  });

  test.each(['connect', 'reset'] as const)('tries twice at most after %s', (failure) => {
    expect(decideRetry({ failure, attempts: 2, repeatable: true })).toBe(false);
  });
});

test('advice is given where the outcome is open and matters', () => {
  expect(adviceFor({ sent: true, repeatable: false })).toMatch('not known');
  expect(adviceFor({ sent: false, repeatable: false })).toBeUndefined();
  expect(adviceFor({ sent: true, repeatable: true })).toBeUndefined();
});

test.each([
  ['connect', 503, 1],
  ['overload', 503, 1],
  ['reset', 502, undefined],
  ['protocol', 502, undefined],
  ['timeout', 504, undefined],
] as const)('%s is answered with %d', (failure, status, retryAfterSeconds) => {
  const answer = answerFor(failure);
  expect(answer.problem.status).toBe(status);
  expect(answer.retryAfterSeconds).toBe(retryAfterSeconds);
});
