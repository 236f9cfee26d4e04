import { expect, test } from '@jest/globals';
import { receiptLine } from './receipts.ts';

const TOLD = {
  orderId: '01931f6e-6f2a-7c3e-9d2b-1f0e5a4b3c2d',
  status: 'CREATED',
  totalPrice: 19.9,
  createdAt: '2026-01-01T00:00:00.000Z',
};
const ORDER = { customerId: 'console', items: [{ productId: 'by-hand', quantity: 1, price: 19.9 }] };

test('an order placed by hand has the receipt that the load generator would write', () => {
  const line = receiptLine({ path: '/orders', request: ORDER, answer: JSON.stringify(TOLD) });
  const { status: _, ...receipt } = TOLD;
  expect(JSON.parse(line ?? '')).toEqual({ type: 'order', ...receipt, ...ORDER });
});

test('a payment by hand has one as well', () => {
  const answer = JSON.stringify({ ...TOLD, status: 'PAID' });
  const line = receiptLine({ path: '/orders/01931f6e-6f2a-7c3e-9d2b-1f0e5a4b3c2d/payment', request: {}, answer });
  expect(JSON.parse(line ?? '')).toEqual({
    type: 'transition',
    orderId: '01931f6e-6f2a-7c3e-9d2b-1f0e5a4b3c2d',
    transition: 'payment',
    status: 'PAID',
  });
});

test('what says nothing of an order is no receipt', () => {
  expect(receiptLine({ path: '/orders', request: ORDER, answer: '{}' })).toBeUndefined();
});
