import { describe, expect, test } from '@jest/globals';
import { centsFromDecimal, totalCents } from '@orderflow/contracts/money';
import { idempotencyKeySchema, placeOrderSchema, type OrderStatus, type Transition } from '@orderflow/contracts/order';
import * as fc from 'fast-check';
import { decideSteps, OrderMix, type MixFractions, type PlannedOrder } from './order-mix.ts';

const none: MixFractions = { payments: 0, shipments: 0, cancellations: 0, idempotent: 0, retries: 0 };
const catalogue = { customers: 5000, products: 500, maxItems: 5 };

function plan(count: number, fractions: Partial<MixFractions> = {}, seed = 42): PlannedOrder[] {
  const mix = new OrderMix({ seed, runId: 'run', catalogue, fractions: { ...none, ...fractions } });
  return Array.from({ length: count }, () => mix.next());
}

const unit = fc.double({ min: 0, max: 1, noNaN: true });
const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
/** Fractions as the command line lets them through. */
const fractionsArbitrary = fc.tuple(unit, unit, unit).map(([payments, ship, cancel]): MixFractions => {
  const shipments = payments * ship;
  return { ...none, payments, shipments, cancellations: (1 - shipments) * cancel };
});

const ALLOWED: Readonly<Record<OrderStatus, Partial<Record<Transition, OrderStatus>>>> = {
  CREATED: { payment: 'PAID', cancellation: 'CANCELLED' },
  PAID: { shipment: 'SHIPPED', cancellation: 'CANCELLED' },
  SHIPPED: {},
  CANCELLED: {},
};

describe('decideSteps', () => {
  test('never plans a transition that is not allowed', () => {
    fc.assert(
      fc.property(fractionsArbitrary, draw, draw, (fractions, fate, cancel) => {
        let status: OrderStatus | undefined = 'CREATED';
        for (const step of decideSteps(fractions, fate, cancel)) {
          status = status === undefined ? undefined : ALLOWED[status][step];
        }
        expect(status).toBeDefined();
      }),
    );
  });

  test('plans each transition as often as asked', () => {
    const fractions = { payments: 0.6, shipments: 0.3, cancellations: 0.2 };
    const orders = plan(50_000, fractions);
    const share = (step: Transition): number =>
      orders.filter(({ steps }) => steps.includes(step)).length / orders.length;
    expect(share('payment')).toBeCloseTo(0.6, 1);
    expect(share('shipment')).toBeCloseTo(0.3, 1);
    expect(share('cancellation')).toBeCloseTo(0.2, 1);
    expect(orders.some(({ steps }) => steps.join() === 'payment,cancellation')).toBe(true);
    expect(orders.some(({ steps }) => steps.join() === 'cancellation')).toBe(true);
  });

  test('plans nothing or everything at the ends of the scale', () => {
    expect(plan(1000).every(({ steps }) => steps.length === 0)).toBe(true);
    const shipped = plan(1000, { payments: 1, shipments: 1 });
    expect(shipped.every(({ steps }) => steps.join() === 'payment,shipment')).toBe(true);
    expect(plan(1000, { cancellations: 1 }).every(({ steps }) => steps.join() === 'cancellation')).toBe(true);
  });
});

describe('OrderMix', () => {
  test('every order keeps the schema of the API and its total is the sum of its lines', () => {
    fc.assert(
      fc.property(
        fc.maxSafeNat(),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 10 }),
        (seed, products, maxItems) => {
          const mix = new OrderMix({
            seed,
            runId: 'run',
            catalogue: { customers: 10, products, maxItems },
            fractions: none,
          });
          for (let index = 0; index < 20; index += 1) {
            const order = mix.next();
            const { items } = placeOrderSchema.parse(JSON.parse(order.body));
            const lines = items.map(({ quantity, price }) => ({
              quantity,
              priceCents: centsFromDecimal(price) ?? NaN,
            }));
            expect(totalCents(lines)).toBe(order.totalCents);
            expect(items.length).toBeLessThanOrEqual(maxItems);
            expect(items.every(({ quantity }) => quantity >= 1 && quantity <= 5)).toBe(true);
          }
        },
      ),
    );
  });

  test('a product has one price throughout a run', () => {
    const prices = new Map<string, number>();
    for (const { body } of plan(2000)) {
      for (const { productId, price } of placeOrderSchema.parse(JSON.parse(body)).items) {
        expect(prices.get(productId) ?? price).toBe(price);
        prices.set(productId, price);
      }
    }
  });

  test('the same seed gives the same orders', () => {
    const fractions = { payments: 0.5, shipments: 0.2, idempotent: 0.5, retries: 0.5 };
    expect(plan(200, fractions)).toEqual(plan(200, fractions));
    expect(plan(200, fractions, 43)).not.toEqual(plan(200, fractions));
  });

  test('the lifecycle does not change what is ordered', () => {
    const busy = plan(200, { payments: 1, idempotent: 1, retries: 1 });
    expect(busy.map(({ body }) => body)).toEqual(plan(200).map(({ body }) => body));
  });

  test('keys are valid and used once; only orders with a key are sent twice', () => {
    const orders = plan(10_000, { idempotent: 0.5, retries: 0.4 });
    const keyed = orders.filter(({ idempotencyKey }) => idempotencyKey !== undefined);
    expect(keyed.length / orders.length).toBeCloseTo(0.5, 1);
    expect(new Set(keyed.map(({ idempotencyKey }) => idempotencyKeySchema.parse(idempotencyKey))).size).toBe(
      keyed.length,
    );
    expect(keyed.filter(({ sentTwice }) => sentTwice).length / keyed.length).toBeCloseTo(0.4, 1);
    expect(orders.some(({ sentTwice, idempotencyKey }) => sentTwice && idempotencyKey === undefined)).toBe(false);
  });
});
