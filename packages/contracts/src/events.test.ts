import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { valuesOf } from '../test/arbitrary-json.ts';
import { eventJsonSchema } from './event-json-schemas.ts';
import { EVENT_TYPES, EVENT_VERSION, orderEventSchema, type EventType } from './events.ts';
import { newId } from './ids.ts';
import { centsFromDecimal } from './money.ts';

const CREATED = {
  eventId: newId(),
  eventType: 'ORDER_CREATED',
  orderId: newId(),
  customerId: 'customer-1',
  totalPrice: 39.98,
  timestamp: '2026-01-31T12:00:00.000Z',
  version: EVENT_VERSION,
  sequence: 1,
  items: [{ productId: 'product-1', quantity: 2, price: 19.99 }],
};

function refusedAt(event: unknown): string[] {
  const parsed = orderEventSchema.safeParse(event);
  return parsed.success ? [] : parsed.error.issues.map(({ path }) => path.join('.'));
}

describe('order events', () => {
  test.each(EVENT_TYPES)('%s is read as it was written', (type: EventType) => {
    fc.assert(
      fc.property(valuesOf(eventJsonSchema(type)), (event) => {
        expect(orderEventSchema.parse(JSON.parse(JSON.stringify(event)))).toEqual(event);
      }),
    );
  });

  test('there is one schema for each type, and the type chooses it', () => {
    const types = orderEventSchema.options.map((option) => option.shape.eventType.value);
    expect(types.toSorted()).toEqual(EVENT_TYPES.toSorted());
  });

  test('fields that this version does not know are skipped, at every depth', () => {
    const items = CREATED.items.map((item) => ({ ...item, weightGrams: 5 }));
    expect(orderEventSchema.parse({ ...CREATED, items, channel: 'web' })).toEqual(CREATED);
  });

  test.each(Object.keys(CREATED))('%s may not be missing', (field) => {
    const event = Object.fromEntries(Object.entries(CREATED).filter(([name]) => name !== field));
    expect(refusedAt(event)).toEqual([field]);
  });

  test.each([
    ['eventType', 'ORDER_REFUNDED'],
    ['eventType', 'order_created'],
    ['eventId', 'not-a-uuid'],
    ['orderId', ''],
    ['customerId', 'a\u0000b'],
    ['totalPrice', '39.98'],
    ['totalPrice', null],
    ['totalPrice', Infinity],
    ['timestamp', '2026-01-31T12:00:00Z'],
    ['timestamp', 1_769_860_800_000],
    ['version', EVENT_VERSION + 1],
    ['version', String(EVENT_VERSION)],
    ['sequence', 0],
    ['sequence', 1.5],
    ['sequence', -1],
    ['items', []],
    ['items', null],
  ])('%s may not be %p', (field, value) => {
    expect(refusedAt({ ...CREATED, [field]: value })).toEqual([field]);
  });

  test('an item may not have a price with three places', () => {
    const items = [{ productId: 'product-1', quantity: 1, price: 1.005 }];
    expect(refusedAt({ ...CREATED, items })).toEqual(['items.0.price']);
  });

  test('only an ORDER_CREATED has items', () => {
    expect(orderEventSchema.parse({ ...CREATED, eventType: 'ORDER_SHIPPED' })).not.toHaveProperty('items');
  });

  test('whatever JSON comes, it is refused or has a key, a moment and exact prices', () => {
    fc.assert(
      fc.property(almostAnEvent(), (value) => {
        const parsed = orderEventSchema.safeParse(JSON.parse(JSON.stringify(value)));
        if (!parsed.success) return;
        const event = parsed.data;
        expect(event.orderId).toMatch(/^[0-9a-f-]{36}$/i);
        expect(Date.parse(event.timestamp)).not.toBeNaN();
        const prices = event.eventType === 'ORDER_CREATED' ? event.items.map(({ price }) => price) : [];
        expect(prices.map(centsFromDecimal)).not.toContain(undefined);
      }),
      { numRuns: 300 },
    );
  });
});

/** Events in which up to two fields are anything. */
function almostAnEvent(): fc.Arbitrary<unknown> {
  const damage = fc.dictionary(fc.constantFrom(...Object.keys(CREATED)), fc.jsonValue({ maxDepth: 3 }), {
    maxKeys: 2,
    noNullPrototype: true,
  });
  return fc.oneof(
    damage.map((fields) => ({ ...CREATED, ...fields })),
    fc.jsonValue(),
  );
}
