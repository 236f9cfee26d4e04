import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { decimalFromCents } from '@orderflow/contracts/money';
import { itemsTextFrom, orderLinesFrom, UNREADABLE_ITEMS } from './items-text.ts';

const lines = fc.array(
  fc.record({
    productId: fc.stringMatching(/^[^\s\p{C}]{1,20}$/u),
    quantity: fc.integer({ min: 1, max: 1_000 }),
    priceCents: fc.nat(100_000_000),
  }),
  { minLength: 1, maxLength: 10 },
);

test('keeps every line', () => {
  fc.assert(
    fc.property(lines, (expected) => {
      const items = expected.map(({ priceCents, ...line }) => ({ ...line, price: decimalFromCents(priceCents) }));
      expect(orderLinesFrom(itemsTextFrom(items))).toEqual(expected);
    }),
  );
});

test('is the same text for the same items only', () => {
  fc.assert(
    fc.property(lines, lines, (some, others) => {
      const textOf = (content: typeof some) =>
        itemsTextFrom(content.map((line) => ({ ...line, price: decimalFromCents(line.priceCents) })));
      expect(textOf(some) === textOf(others)).toBe(JSON.stringify(some) === JSON.stringify(others));
    }),
  );
});

test('ignores how a price is spelled and fields that it does not know', () => {
  const text = itemsTextFrom([{ productId: 'a', quantity: 2, price: 10.5 }]);
  expect(itemsTextFrom(JSON.parse('[{"price":10.50,"quantity":2,"productId":"a","colour":"red"}]'))).toBe(text);
});

describe('cannot read', () => {
  test.each([
    ['nothing', undefined],
    ['an object', {}],
    ['no lines', []],
    ['a line that is null', [null]],
    ['a line without product', [{ quantity: 1, price: 1 }]],
    ['a product with a space', [{ productId: 'a b', quantity: 1, price: 1 }]],
    ['an empty product', [{ productId: '', quantity: 1, price: 1 }]],
    ['half a unit', [{ productId: 'a', quantity: 0.5, price: 1 }]],
    ['a price as text', [{ productId: 'a', quantity: 1, price: '1' }]],
    ['a tenth of a cent', [{ productId: 'a', quantity: 1, price: 1.001 }]],
  ])('%s', (_, items) => {
    expect(itemsTextFrom(items)).toBe(UNREADABLE_ITEMS);
    expect(orderLinesFrom(itemsTextFrom(items))).toBeUndefined();
  });
});
