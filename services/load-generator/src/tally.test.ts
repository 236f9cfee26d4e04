import { expect, test } from '@jest/globals';
import { newId } from '@orderflow/contracts/ids';
import type { Verdict } from './answers.ts';
import { failedOf, Tally } from './tally.ts';

const rejected: Verdict = { kind: 'failed', failure: { outcome: 'rejected', httpStatus: 429 } };
const unknown: Verdict = { kind: 'failed', failure: { outcome: 'unknown', error: 'timeout' } };

function accepted(wrong: string): Verdict {
  const createdAt = '2026-01-31T12:00:00.000Z';
  return { kind: 'accepted', receipt: { orderId: newId(), status: 'CREATED', totalPrice: 1, createdAt }, wrong };
}

test('failed is rejected plus unknown, over orders and transitions', () => {
  const tally = new Tally();
  tally.orders.sent = 8;
  tally.transitions.payment.sent = 2;
  tally.settle(tally.orders, rejected);
  tally.settle(tally.orders, unknown);
  tally.settle(tally.transitions.payment, unknown);
  expect(failedOf(tally.orders)).toBe(2);
  expect(tally.errorRate()).toBe(0.3);
  expect(Object.fromEntries(tally.failureReasons)).toEqual({ 'HTTP 429': 1, timeout: 2 });
});

test('a run that sent nothing has no errors', () => {
  expect(new Tally().errorRate()).toBe(0);
});

test('counts all wrong answers and keeps a few as examples', () => {
  const tally = new Tally();
  for (let index = 0; index < 20; index += 1) tally.settle(tally.orders, accepted(`wrong ${index}`));
  expect(tally.wrongAnswers).toBe(20);
  expect(tally.wrongAnswerExamples).toHaveLength(5);
});

test('a failed attempt that is tried again counts as a retry, not as a failed order', () => {
  const tally = new Tally();
  tally.retry(unknown);
  expect(tally).toMatchObject({ retries: 1, orders: { unknown: 0 } });
  expect(tally.failureReasons.get('timeout')).toBe(1);
});
