import { describe, expect, test } from '@jest/globals';
import { orderEventSchema } from '@orderflow/contracts/events';
import { newId } from '@orderflow/contracts/ids';
import { TRANSITIONS, type OrderStatus, type Transition } from '@orderflow/contracts/order';
import { NO_TRACE } from '@orderflow/service-kit/trace-context';
import * as fc from 'fast-check';
import { anOrder } from '../../test/orders.ts';
import { decideTransition } from './transition.ts';

const context = () => ({ eventId: newId(), trace: NO_TRACE, nowMs: Date.now() });

describe('decideTransition', () => {
  test.each<[OrderStatus, Transition, OrderStatus | 'refused']>([
    ['CREATED', 'payment', 'PAID'],
    ['CREATED', 'shipment', 'refused'],
    ['CREATED', 'cancellation', 'CANCELLED'],
    ['PAID', 'payment', 'refused'],
    ['PAID', 'shipment', 'SHIPPED'],
    ['PAID', 'cancellation', 'CANCELLED'],
    ['SHIPPED', 'payment', 'refused'],
    ['SHIPPED', 'shipment', 'refused'],
    ['SHIPPED', 'cancellation', 'refused'],
    ['CANCELLED', 'payment', 'refused'],
    ['CANCELLED', 'shipment', 'refused'],
    ['CANCELLED', 'cancellation', 'refused'],
  ])('%s by %s becomes %s', (status, transition, expected) => {
    const decision = decideTransition(anOrder({ status }), transition, context());
    expect(decision.kind === 'move' ? decision.order.status : 'refused').toBe(expected);
  });

  test('numbers the events of an order without a gap, whatever is asked for', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...TRANSITIONS), { maxLength: 12 }), (asked) => {
        let order = anOrder();
        const sequences = [order.sequence];
        for (const transition of asked) {
          const decision = decideTransition(order, transition, context());
          if (decision.kind === 'refuse') continue;
          order = decision.order;
          sequences.push(orderEventSchema.parse(JSON.parse(decision.event.payload)).sequence);
        }
        expect(sequences).toEqual(sequences.map((_, index) => index + 1));
        expect(sequences.length).toBeLessThanOrEqual(3);
      }),
    );
  });

  test('gives no event a time before its order, even when the clock was set back', () => {
    const order = anOrder();
    const decision = decideTransition(order, 'payment', { ...context(), nowMs: 0 });
    if (decision.kind !== 'move') throw new Error('a created order can be paid');
    expect(orderEventSchema.parse(JSON.parse(decision.event.payload)).timestamp).toBe(order.createdAt);
  });
});
