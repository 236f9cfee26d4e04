import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { formatDuration, parseDurationMs } from './duration.ts';

describe('parseDurationMs', () => {
  test.each([
    ['0', 0],
    ['500ms', 500],
    ['10s', 10_000],
    ['1.5s', 1500],
    ['5m', 300_000],
    ['1m30s', 90_000],
    ['2h', 7_200_000],
  ])('reads %s as %d ms', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });

  test.each(['', '5', '-1s', '5 m', '5d', 's', '1e3ms', '5m ', 'Infinity'])('does not read "%s"', (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  });

  test('reads any whole number of milliseconds', () => {
    fc.assert(fc.property(fc.nat(), (ms) => expect(parseDurationMs(`${ms}ms`)).toBe(ms)));
  });
});

test.each([
  [0, '0 ms'],
  [850.4, '850 ms'],
  [12_500, '12.5 s'],
  [300_000, '5 m'],
  [90_000, '1 m 30 s'],
])('writes %d ms as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});
