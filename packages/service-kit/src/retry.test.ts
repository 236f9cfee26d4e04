import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { isRetryablePostgresError, nextBackoffMs } from './retry.ts';

describe('nextBackoffMs', () => {
  const policy = fc
    .record({ baseMs: fc.integer({ min: 1, max: 10_000 }), factor: fc.integer({ min: 1, max: 1_000 }) })
    .map(({ baseMs, factor }) => ({ baseMs, maxMs: baseMs * factor }));
  const attempt = fc.nat(1_000_000);
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  test('stays between half the base and the maximum', () => {
    fc.assert(
      fc.property(policy, attempt, random, (bounds, tries, drawn) => {
        const delayMs = nextBackoffMs(bounds, tries, drawn);
        expect(delayMs).toBeGreaterThanOrEqual(bounds.baseMs / 2);
        expect(delayMs).toBeLessThanOrEqual(bounds.maxMs);
      }),
    );
  });

  test('never shrinks with the attempts for the same luck', () => {
    fc.assert(
      fc.property(policy, attempt, random, (bounds, tries, drawn) => {
        expect(nextBackoffMs(bounds, tries + 1, drawn)).toBeGreaterThanOrEqual(nextBackoffMs(bounds, tries, drawn));
      }),
    );
  });

  test('doubles its ceiling up to the maximum', () => {
    const bounds = { baseMs: 100, maxMs: 1_000 };
    const ceilings = [0, 1, 2, 3, 4, 5].map((tries) => nextBackoffMs(bounds, tries, 1 - Number.EPSILON));
    expect(ceilings).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  });

  test('spreads over the whole range: replicas that failed together do not come back together', () => {
    const bounds = { baseMs: 100, maxMs: 10_000 };
    expect(nextBackoffMs(bounds, 5, 0.1)).toBe(320);
    expect(nextBackoffMs(bounds, 5, 0.9)).toBe(2_880);
  });
});

describe('isRetryablePostgresError', () => {
  const withCode = (code: string) => Object.assign(new Error('it failed'), { code });

  test.each([
    '40001',
    '40P01',
    '53100',
    '53200',
    '53300',
    '57P01',
    '57P03',
    '25006',
    '08006',
    'ECONNREFUSED',
    'ECONNRESET',
    'EAI_AGAIN',
  ])('%s is of the moment', (code) => {
    expect(isRetryablePostgresError(withCode(code))).toBe(true);
  });

  test.each(['23505', '42P01', '22P02', '57014', '28P01', 'ENOENT'])('%s is not', (code) => {
    expect(isRetryablePostgresError(withCode(code))).toBe(false);
  });

  test.each([
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'timeout exceeded when trying to connect',
    'Query read timeout',
    'Client has encountered a connection error and is not queryable',
  ])('"%s", which comes without a code, is of the moment', (message) => {
    expect(isRetryablePostgresError(new Error(message))).toBe(true);
  });

  test('a host of whose addresses one may come back is of the moment', () => {
    expect(isRetryablePostgresError(new AggregateError([withCode('EACCES'), withCode('ECONNREFUSED')]))).toBe(true);
    expect(isRetryablePostgresError(new AggregateError([withCode('EACCES')]))).toBe(false);
  });

  test.each([undefined, null, 'ECONNREFUSED', { code: '40001' }])('%p, which is no error, is not', (value) => {
    expect(isRetryablePostgresError(value)).toBe(false);
  });
});
