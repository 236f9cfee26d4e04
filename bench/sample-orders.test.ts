import { describe, expect, test } from '@jest/globals';
import { orderEventSchema } from '@orderflow/contracts/events';
import { isId } from '@orderflow/contracts/ids';
import { placeOrderSchema } from '@orderflow/contracts/order';
import { sampleEvents, sampleOrders } from './sample-orders.ts';

const plan = { seed: 7, count: 130, itemsPerOrder: 3, startMs: Date.UTC(2026, 0, 31), paymentEvery: 5 };

describe('sampleOrders', () => {
  test('are orders that the contract allows, with so many lines', () => {
    for (const order of sampleOrders({ seed: 1, count: 200, itemsPerOrder: 2 })) {
      expect(placeOrderSchema.parse(order)).toEqual(order);
      expect(order.items).toHaveLength(2);
    }
  });
});

describe('sampleEvents', () => {
  test('are as many as asked for, each as the contract has it, each with an id of its own', () => {
    const events = [...sampleEvents(plan)];
    expect(events).toHaveLength(130);
    expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(130);
    for (const { eventId, orderId, eventType, payload } of events) {
      expect(orderEventSchema.parse(JSON.parse(payload))).toMatchObject({ eventId, orderId, eventType });
      expect(isId(eventId) && isId(orderId)).toBe(true);
    }
  });

  test('pay one order of so many, after it was created', () => {
    const types = [...sampleEvents(plan)].map(({ eventType }) => eventType);
    expect(types.slice(0, 7)).toEqual([
      ...Array<string>(5).fill('ORDER_CREATED'),
      'PAYMENT_COMPLETED',
      'ORDER_CREATED',
    ]);
    expect(types.filter((type) => type === 'PAYMENT_COMPLETED')).toHaveLength(21);
  });

  test('come again with the same plan, and a longer plan begins with them', () => {
    const events = [...sampleEvents(plan)];
    expect([...sampleEvents({ ...plan, count: 300 })].slice(0, 130)).toEqual(events);
    expect([...sampleEvents({ ...plan, seed: 8 })]).not.toEqual(events);
  });
});
