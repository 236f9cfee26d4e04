import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { EVENT_TYPES } from '@orderflow/contracts/events';
import { newId } from '@orderflow/contracts/ids';
import { orderChanged, orderCreated, toIncoming } from '../../test/order-events.ts';
import { MAX_TOTAL_CENTS, parseOrderEvent } from './parse-order-event.ts';

const created = orderCreated();
const key = Buffer.from(created.orderId);
const withValue = (value: string | Buffer | null) =>
  parseOrderEvent({ key, value: typeof value === 'string' ? Buffer.from(value) : value });
const withFields = (fields: Record<string, unknown>) => withValue(JSON.stringify({ ...created, ...fields }));

describe('parseOrderEvent', () => {
  test('reads a created order with its money in cents', () => {
    expect(parseOrderEvent(toIncoming(created))).toEqual({
      event: {
        eventId: created.eventId,
        orderId: created.orderId,
        eventType: 'ORDER_CREATED',
        sequence: 1,
        timestampMs: Date.UTC(2026, 0, 31, 12, 0, 30),
        totalCents: 5_997,
        items: [
          { productId: 'product-1', quantity: 2, priceCents: 1_999 },
          { productId: 'product-2', quantity: 1, priceCents: 1_999 },
        ],
      },
    });
  });

  test('reads the other types, and ignores fields that it does not know', () => {
    for (const eventType of EVENT_TYPES.filter((type) => type !== 'ORDER_CREATED')) {
      const event = { ...orderChanged(created, eventType), giftWrap: true, items: 'none of its business' };
      expect(withValue(JSON.stringify(event))).toMatchObject({ event: { eventType, sequence: 2, items: [] } });
    }
  });

  test('takes two spellings of an id for one', () => {
    const eventId = newId();
    expect(withFields({ eventId: eventId.toUpperCase() })).toMatchObject({ event: { eventId } });
    const shouting = { ...created, orderId: created.orderId.toUpperCase() };
    expect(parseOrderEvent(toIncoming(shouting))).toMatchObject({ event: { orderId: created.orderId } });
  });

  test.each([
    ['no value', null, 'NO_VALUE'],
    ['bytes that are no text', Buffer.from([0x22, 0xff, 0xfe, 0x22]), 'NOT_UTF8'],
    ['an empty value', '', 'NOT_JSON'],
    ['half a JSON text', '{"eventId":', 'NOT_JSON'],
    ['JSON that is no object', '42', 'NOT_AN_ORDER_EVENT'],
    ['null', 'null', 'NOT_AN_ORDER_EVENT'],
  ])('refuses %s', (_, value, code) => {
    expect(withValue(value)).toMatchObject({ poison: { code } });
  });

  test.each(['{"eventId": secret', 'secret', '{"a": "b" "secret"}'])('does not quote what is no JSON: %s', (value) => {
    const parsed = withValue(value);
    expect(parsed).toMatchObject({ poison: { code: 'NOT_JSON', detail: expect.stringContaining('not JSON') } });
    expect(JSON.stringify(parsed)).not.toContain('secret');
  });

  test.each([
    ['an unknown type', { eventType: 'ORDER_EATEN' }, 'eventType'],
    ['a type of the wrong kind', { eventType: 7 }, 'eventType'],
    ['a version from the future', { version: 2 }, 'version'],
    ['a sequence below 1', { sequence: 0 }, 'sequence'],
    ['half a sequence', { sequence: 1.5 }, 'sequence'],
    ['an eventId that is none', { eventId: 'e-1' }, 'eventId'],
    ['a time that is none', { timestamp: 'yesterday' }, 'timestamp'],
    ['an order without items', { items: [] }, 'items'],
    ['a negative price', { items: [{ productId: 'p', quantity: 1, price: -1 }] }, 'items.0.price'],
    ['a price of tenths of cents', { items: [{ productId: 'p', quantity: 1, price: 0.001 }] }, 'items.0.price'],
    ['a quantity of 0', { items: [{ productId: 'p', quantity: 0, price: 1 }] }, 'items.0.quantity'],
    ['a product with a NUL', { items: [{ productId: 'p\0', quantity: 1, price: 1 }] }, 'items.0.productId'],
  ])('refuses %s and names the field', (_, fields, place) => {
    const parsed = withFields(fields);
    expect(parsed).toMatchObject({ poison: { code: 'NOT_AN_ORDER_EVENT' } });
    expect('poison' in parsed && parsed.poison.detail).toContain(`${place}: `);
  });

  test.each([-0.01, 0.001, MAX_TOTAL_CENTS / 100 + 0.01])('refuses the total %p', (totalPrice) => {
    expect(withFields({ totalPrice })).toMatchObject({ poison: { code: 'AMOUNT_REFUSED' } });
  });

  test('refuses a message whose key is not the orderId', () => {
    const value = Buffer.from(JSON.stringify(created));
    for (const wrong of [null, Buffer.from(newId()), Buffer.alloc(0)]) {
      expect(parseOrderEvent({ key: wrong, value })).toMatchObject({ poison: { code: 'KEY_IS_NOT_ORDER_ID' } });
    }
  });

  test('never throws, whatever the bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
    const json = fc.json().map((text) => Buffer.from(text));
    const mutated = fc
      .tuple(fc.constantFrom(...Object.keys(created)), fc.jsonValue())
      .map(([field, value]) => Buffer.from(JSON.stringify({ ...created, [field]: value })));
    fc.assert(
      fc.property(fc.oneof(bytes, json, mutated), (value) => {
        const parsed = parseOrderEvent({ key, value });
        expect('event' in parsed || parsed.poison.detail.length > 0).toBe(true);
      }),
    );
  });
});
