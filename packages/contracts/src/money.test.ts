import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { centsFromDecimal, decimalFromCents, MAX_EXACT_CENTS, MAX_PRICE_CENTS, totalCents } from './money.ts';
import { MAX_ITEMS } from './order.ts';

const MAX_QUANTITY = 1000;
const exactCents = fc.integer({ min: -MAX_EXACT_CENTS, max: MAX_EXACT_CENTS });

/** A whole number of cents as a person writes it: 1999 -> '19.99'. */
function writeDecimal(cents: number): string {
  const digits = String(Math.abs(cents)).padStart(3, '0');
  return `${cents < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

describe('cents and decimals', () => {
  test('cents come back from their decimal', () => {
    fc.assert(
      fc.property(exactCents, (cents) => {
        expect(centsFromDecimal(decimalFromCents(cents))).toBe(cents);
      }),
    );
  });

  test('every decimal with two places is read as it is written', () => {
    fc.assert(
      fc.property(exactCents, (cents) => {
        expect(centsFromDecimal(Number(writeDecimal(cents)))).toBe(cents);
      }),
    );
  });

  test('every price of the first 200.00 is read as it is written', () => {
    const misread: number[] = [];
    for (let cents = 0; cents <= 20_000; cents += 1) {
      if (centsFromDecimal(Number(writeDecimal(cents))) !== cents) misread.push(cents);
    }
    expect(misread).toEqual([]);
  });

  test('a decimal survives JSON on its way to a reader', () => {
    fc.assert(
      fc.property(exactCents, (cents) => {
        const wire = JSON.stringify({ totalPrice: decimalFromCents(cents) });
        expect(centsFromDecimal((JSON.parse(wire) as { totalPrice: number }).totalPrice)).toBe(cents);
      }),
    );
  });

  test('any double is refused, unless it is the nearest one to a whole number of cents', () => {
    const doubles = fc.oneof(fc.double(), fc.double({ min: -1000, max: 1000 }), exactCents.map(decimalFromCents));
    fc.assert(
      fc.property(doubles, (amount) => {
        const nearest = Number(amount.toFixed(2));
        const isCents = nearest === amount && Math.abs(amount) <= MAX_EXACT_CENTS / 100;
        expect(centsFromDecimal(amount) !== undefined).toBe(isCents);
      }),
      { numRuns: 1000 },
    );
  });

  test('a third decimal place that is not zero is refused', () => {
    const mills = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }).filter((value) => value % 10 !== 0);
    fc.assert(
      fc.property(mills, (value) => {
        expect(centsFromDecimal(value / 1000)).toBeUndefined();
      }),
    );
  });

  test.each([1.005, 0.1 + 0.2, 19.999, 0.001, 5e-324, 1.115, 8.325, 0.29 * 100, -1.005])(
    'refuses %p, which is no whole number of cents',
    (amount) => {
      expect(centsFromDecimal(amount)).toBeUndefined();
    },
  );

  test.each([NaN, Infinity, -Infinity, Number.MAX_VALUE, 1e21, 2 ** 53])('refuses %p', (amount) => {
    expect(centsFromDecimal(amount)).toBeUndefined();
  });

  test('refuses amounts between which doubles no longer tell one cent from the next', () => {
    const beyond = fc.integer({ min: MAX_EXACT_CENTS + 1, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(beyond, fc.constantFrom(1, -1), (cents, sign) => {
        expect(centsFromDecimal((sign * cents) / 100)).toBeUndefined();
      }),
      { examples: [[9_007_199_254_740_990, 1]] },
    );
  });

  test('reads minus zero as zero, which JSON and Postgres write without a sign', () => {
    expect(Object.is(centsFromDecimal(-0), 0)).toBe(true);
  });
});

describe('totalCents', () => {
  const line = fc.record({
    quantity: fc.integer({ min: 1, max: MAX_QUANTITY }),
    priceCents: fc.integer({ min: 0, max: MAX_PRICE_CENTS }),
  });

  test('is the exact sum, whatever the order of the lines', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: MAX_ITEMS }), (lines) => {
        const exact = lines.reduce((sum, { quantity, priceCents }) => sum + BigInt(quantity) * BigInt(priceCents), 0n);
        expect(BigInt(totalCents(lines))).toBe(exact);
        expect(totalCents(lines.toReversed())).toBe(totalCents(lines));
      }),
    );
  });

  test('the dearest order that the contract allows is exact on the wire', () => {
    const lines = Array.from({ length: MAX_ITEMS }, () => ({ quantity: MAX_QUANTITY, priceCents: MAX_PRICE_CENTS }));
    const total = totalCents(lines);
    expect(total).toBe(MAX_ITEMS * MAX_QUANTITY * MAX_PRICE_CENTS);
    expect(centsFromDecimal(decimalFromCents(total))).toBe(total);
  });

  test('is zero without lines', () => {
    expect(totalCents([])).toBe(0);
  });
});
