import { describe, expect, test } from '@jest/globals';
import { orderEventSchema } from '@orderflow/contracts/events';
import { newId } from '@orderflow/contracts/ids';
import { orderReceiptSchema, placeOrderSchema } from '@orderflow/contracts/order';
import { NO_TRACE } from '@orderflow/service-kit/trace-context';
import * as fc from 'fast-check';
import { aNewOrder, SAMPLE_REQUEST, SAMPLE_TOTAL } from '../../test/orders.ts';
import { placeOrder, receiptOf } from './order.ts';

const requests = fc.record({
  customerId: fc.stringMatching(/^[a-z0-9-]{1,64}$/),
  items: fc.array(
    fc.record({
      productId: fc.stringMatching(/^[a-z0-9-]{1,64}$/),
      quantity: fc.integer({ min: 1, max: 1000 }),
      price: fc.integer({ min: 0, max: 100_000_000 }).map((cents) => cents / 100),
    }),
    { minLength: 1, maxLength: 100 },
  ),
});

describe('placeOrder', () => {
  test('computes the total in exact cents', () => {
    const { order } = aNewOrder();
    expect(order.totalCents).toBe(SAMPLE_TOTAL * 100);
    expect(receiptOf(order).totalPrice).toBe(SAMPLE_TOTAL);
  });

  test('writes an event that every reader accepts and that says what the order says', () => {
    fc.assert(
      fc.property(requests, (request) => {
        const { order, event } = placeOrder({
          request: placeOrderSchema.parse(request),
          orderId: newId(),
          eventId: newId(),
          idempotencyKey: null,
          trace: NO_TRACE,
        });
        const parsed = orderEventSchema.parse(JSON.parse(event.payload));
        expect(parsed).toMatchObject({
          eventType: 'ORDER_CREATED',
          orderId: order.orderId,
          sequence: 1,
          items: request.items,
        });
        expect(Math.round(parsed.totalPrice * 100)).toBe(order.totalCents);
        orderReceiptSchema.parse(receiptOf(order));
      }),
    );
  });

  test('is created at the moment that its id carries', () => {
    const { order } = aNewOrder();
    expect(Number.parseInt(order.orderId.replaceAll('-', '').slice(0, 12), 16)).toBe(Date.parse(order.createdAt));
  });

  test('takes two spellings of one request for the same, and another content for another', () => {
    const spelled = placeOrderSchema.parse(JSON.parse(JSON.stringify(SAMPLE_REQUEST, undefined, 3)));
    const hash = (order: ReturnType<typeof aNewOrder>) => order.idempotency?.requestHash.toString('hex');
    const same = [aNewOrder({ idempotencyKey: 'k' }), aNewOrder({ idempotencyKey: 'k', request: spelled })].map(hash);
    expect(same[0]).toBe(same[1]);
    const other = { ...SAMPLE_REQUEST, customerId: 'customer-2' };
    expect(hash(aNewOrder({ idempotencyKey: 'k', request: other }))).not.toBe(same[0]);
  });
});
