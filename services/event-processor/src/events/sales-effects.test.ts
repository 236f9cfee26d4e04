import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { sumEffects, type SalesEffects, type TotalMetric } from './sales-effects.ts';

const cents = fc.integer({ min: 0, max: 1_000_000 });
const effects: fc.Arbitrary<SalesEffects> = fc.record(
  {
    totals: fc.dictionary(
      fc.constantFrom<TotalMetric[]>('orders_total', 'revenue_total', 'orders_shipped_total'),
      cents,
    ) as fc.Arbitrary<SalesEffects['totals']>,
    minute: fc.record({ startMs: fc.constantFrom(0, 60_000, 120_000), orders: fc.constant(1), revenueCents: cents }),
    products: fc.array(
      fc.record({ productId: fc.constantFrom('a', 'B', 'é', '10', '9'), units: fc.nat(9), revenueCents: cents }),
    ),
  },
  { requiredKeys: ['totals'] },
);

const add = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

const isStrictlySorted = (keys: readonly (string | number)[]) =>
  keys.every((key, index) => index === 0 || keys[index - 1]! < key);

describe('sumEffects', () => {
  test('loses and invents nothing', () => {
    fc.assert(
      fc.property(fc.array(effects), (list) => {
        const sum = sumEffects(list);
        expect(add(sum.totals.map(({ delta }) => delta))).toBe(add(list.flatMap((e) => Object.values(e.totals))));
        expect(add(sum.minutes.map((m) => m.orders))).toBe(list.filter((e) => e.minute !== undefined).length);
        expect(add(sum.minutes.map((m) => m.revenueCents))).toBe(add(list.map((e) => e.minute?.revenueCents ?? 0)));
        const products = list.flatMap((e) => e.products ?? []);
        expect(add(sum.products.map((p) => p.units))).toBe(add(products.map((p) => p.units)));
        expect(add(sum.products.map((p) => p.revenueCents))).toBe(add(products.map((p) => p.revenueCents)));
      }),
    );
  });

  test('does not depend on the order of the events', () => {
    fc.assert(
      fc.property(fc.array(effects), (list) => {
        expect(sumEffects(list.toReversed())).toEqual(sumEffects(list));
      }),
    );
  });

  test('names each row once, sorted, so that all writers lock in one order', () => {
    fc.assert(
      fc.property(fc.array(effects), (list) => {
        const { totals, minutes, products } = sumEffects(list);
        expect(isStrictlySorted(totals.map(({ metric }) => metric))).toBe(true);
        expect(isStrictlySorted(minutes.map(({ startMs }) => startMs))).toBe(true);
        expect(isStrictlySorted(products.map(({ productId }) => productId))).toBe(true);
      }),
    );
  });
});
