import { describe, expect, test } from '@jest/globals';
import type { OrderEvent } from '@orderflow/contracts/events';
import { expectedSalesFigures, verifyEqualFigures } from './sales-figures.ts';

const common = { eventId: 'e', orderId: 'o', customerId: 'c', version: 1, sequence: 1 } as const;
const created = (timestamp: string, totalPrice: number, items: [string, number, number][]): OrderEvent => ({
  ...common,
  eventType: 'ORDER_CREATED',
  timestamp,
  totalPrice,
  items: items.map(([productId, quantity, price]) => ({ productId, quantity, price })),
});
const paid = (totalPrice: number): OrderEvent => ({
  ...common,
  eventType: 'PAYMENT_COMPLETED',
  timestamp: '1970-01-01T00:05:00.000Z',
  totalPrice,
});

describe('expectedSalesFigures', () => {
  test('sums in cents by total, minute and product', () => {
    const figures = expectedSalesFigures([
      created('1970-01-01T00:01:59.999Z', 2.3, [
        ['a', 2, 1.1],
        ['b', 1, 0.1],
      ]),
      created('1970-01-01T00:01:00.000Z', 1.1, [['a', 1, 1.1]]),
      paid(2.3),
    ]);
    expect(figures).toEqual([
      'events 3',
      'minute 60 2 340',
      'product a 3 330',
      'product b 1 10',
      'total orders_paid_total 1',
      'total orders_total 2',
      'total revenue_paid_total 230',
      'total revenue_total 340',
    ]);
  });
});

describe('verifyEqualFigures', () => {
  test('takes equal figures', () => {
    expect(() => verifyEqualFigures(['a 1', 'b 2'], ['a 1', 'b 2'], 'we')).not.toThrow();
  });

  test('names what is wrong, missing or too much', () => {
    expect(() => verifyEqualFigures(['a 1', 'b 3'], ['a 1', 'b 2'], 'we')).toThrow(/we .* b 3 instead of b 2/);
    expect(() => verifyEqualFigures(['a 1'], ['a 1', 'b 2'], 'we')).toThrow(/nothing instead of b 2/);
    expect(() => verifyEqualFigures(['a 1', 'b 2'], ['a 1'], 'we')).toThrow(/b 2 instead of nothing/);
  });
});
