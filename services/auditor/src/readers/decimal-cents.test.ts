import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { centsFromNumeric } from './decimal-cents.ts';

test.each([
  ['0', 0],
  ['7', 700],
  ['7.5', 750],
  ['123.45', 12_345],
  ['-0.50', -50],
  ['7.500000', 750],
  ['90071992547409.91', Number.MAX_SAFE_INTEGER],
])('%s is %d cents', (text, cents) => {
  expect(centsFromNumeric(text)).toBe(cents);
});

test.each(['', 'NaN', '1e3', '1.005', '1,000.00', '.5', '90071992547409.92'])(
  '%s is no whole number of cents',
  (text) => {
    expect(centsFromNumeric(text)).toBeNaN();
  },
);

test('is exact for every amount that Postgres can show', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (cents) => {
      const digits = String(cents).padStart(3, '0');
      expect(centsFromNumeric(`${digits.slice(0, -2)}.${digits.slice(-2)}`)).toBe(cents);
    }),
  );
});
