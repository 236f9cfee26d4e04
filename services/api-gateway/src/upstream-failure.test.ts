import { describe, expect, test } from '@jest/globals';
import { answerFor, classifyFailure, decideRetry, UpstreamTimeoutError, type RetryFacts } from './upstream-failure.ts';

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

describe('decideRetry', () => {
  const order: RetryFacts = {
    failure: 'reset',
    attempts: 1,
    method: 'POST',
    route: '/orders',
    hasIdempotencyKey: false,
  };

  test('never sends an order again after bytes were sent', () => {
    expect(decideRetry(order)).toBe(false);
  });

  test('sends an order again when nothing was sent', () => {
    expect(decideRetry({ ...order, failure: 'connect' })).toBe(true);
  });

  test('sends an order under an Idempotency-Key again after a reset', () => {
    expect(decideRetry({ ...order, hasIdempotencyKey: true })).toBe(true);
  });

  test('never sends a transition again after bytes were sent, with or without a key', () => {
    const transition = { ...order, route: '/orders/{orderId}/payment', hasIdempotencyKey: true };
    expect(decideRetry(transition)).toBe(false);
  });

  test.each(['GET', 'HEAD'])('sends a %s again after a reset', (method) => {
    expect(decideRetry({ ...order, method })).toBe(true);
  });

  test.each(['timeout', 'protocol', 'overload'] as const)('does not try again after %s', (failure) => {
    expect(decideRetry({ ...order, method: 'GET', failure })).toBe(false);
  });

  test('tries twice at most', () => {
    for (const failure of ['connect', 'reset'] as const) {
      expect(decideRetry({ ...order, method: 'GET', failure, attempts: 2 })).toBe(false);
    }
  });
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
