import { expect, test } from '@jest/globals';
import { EVENT_TYPES } from '@orderflow/contracts/events';
import { ORDER_STATUSES, TRANSITIONS } from '@orderflow/contracts/order';
import { orderHistory, TRANSITION_RESULTS } from './order-history.ts';

test.each([
  ['CREATED', 1, ['ORDER_CREATED']],
  ['PAID', 2, ['ORDER_CREATED', 'PAYMENT_COMPLETED']],
  ['SHIPPED', 3, ['ORDER_CREATED', 'PAYMENT_COMPLETED', 'ORDER_SHIPPED']],
  ['CANCELLED', 2, ['ORDER_CREATED', 'ORDER_CANCELLED']],
  ['CANCELLED', 3, ['ORDER_CREATED', 'PAYMENT_COMPLETED', 'ORDER_CANCELLED']],
])('%s after %d changes has one history', (status, sequence, history) => {
  expect(orderHistory(status, sequence)).toEqual(history);
});

test.each([
  ['CREATED', 2],
  ['PAID', 1],
  ['SHIPPED', 4],
  ['CANCELLED', 1],
  ['RETURNED', 1],
  ['toString', 1],
])('no way leads to %s after %d changes', (status, sequence) => {
  expect(orderHistory(status, sequence)).toBeUndefined();
});

test('every status, event type and transition of the contract has its place', () => {
  const histories = ORDER_STATUSES.flatMap((status) => [1, 2, 3].map((sequence) => orderHistory(status, sequence)));
  expect(new Set(histories.flatMap((history) => history ?? []))).toEqual(new Set(EVENT_TYPES));
  expect(Object.keys(TRANSITION_RESULTS)).toEqual([...TRANSITIONS]);
});
