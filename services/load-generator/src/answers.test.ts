import { describe, expect, test } from '@jest/globals';
import { newId } from '@orderflow/contracts/ids';
import type { OrderReceipt } from '@orderflow/contracts/order';
import { failureReason, isWorthRetrying, judgePlacement, judgeRepeat, judgeTransition } from './answers.ts';
import type { Reply } from './http-client.ts';

const receipt: OrderReceipt = {
  orderId: newId(),
  status: 'CREATED',
  totalPrice: 39.98,
  createdAt: '2026-01-31T12:00:00.000Z',
};
const answer = (status: number, body: unknown = receipt): Reply => ({
  kind: 'answer',
  status,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

describe('judgePlacement', () => {
  test('a 201 with the right total is accepted', () => {
    expect(judgePlacement(answer(201), 3998)).toEqual({ kind: 'accepted', receipt });
  });

  test('another total than the own one is a wrong answer', () => {
    expect(judgePlacement(answer(201), 3997)).toMatchObject({
      kind: 'accepted',
      wrong: 'total 39.98 instead of 39.97',
    });
  });

  test('a new order that is not CREATED is a wrong answer', () => {
    const paid = answer(201, { ...receipt, status: 'PAID' });
    expect(judgePlacement(paid, 3998).wrong).toBe('a new order has status PAID');
  });

  test.each([
    ['not JSON', 'sorry'],
    ['no body', ''],
    ['null', 'null'],
    ['no orderId', { ...receipt, orderId: undefined }],
    ['an orderId that would break the journal', { ...receipt, orderId: '"},{' }],
    ['a total as text', { ...receipt, totalPrice: '39.98' }],
    ['a createdAt that is no timestamp', { ...receipt, createdAt: 'today' }],
  ])('a 201 with a malformed body fails and is wrong: %s', (_case, body) => {
    const verdict = judgePlacement(answer(201, body), 3998);
    expect(verdict).toMatchObject({ kind: 'failed', failure: { outcome: 'unknown', httpStatus: 201 } });
    expect(verdict.wrong).toBeDefined();
  });

  test.each([400, 404, 409, 413, 422, 429])('%d is a rejection', (status) => {
    const verdict = judgePlacement(answer(status), 3998);
    expect(verdict).toEqual({ kind: 'failed', failure: { outcome: 'rejected', httpStatus: status } });
  });

  test.each([500, 502, 503, 504, 302])('after %d nobody knows whether it happened', (status) => {
    expect(judgePlacement(answer(status), 3998)).toMatchObject({ kind: 'failed', failure: { outcome: 'unknown' } });
  });

  test('without an answer nobody knows whether it happened', () => {
    const verdict = judgePlacement({ kind: 'none', error: 'ECONNRESET' }, 3998);
    expect(verdict).toEqual({ kind: 'failed', failure: { outcome: 'unknown', error: 'ECONNRESET' } });
  });
});

describe('judgeRepeat', () => {
  test('the same answer is accepted, whatever the status of the order is by now', () => {
    expect(judgeRepeat(answer(201), receipt).wrong).toBeUndefined();
    expect(judgeRepeat(answer(200, { ...receipt, status: 'PAID' }), receipt).wrong).toBeUndefined();
  });

  test('another order under the same key is a wrong answer', () => {
    const other = answer(201, { ...receipt, orderId: newId() });
    expect(judgeRepeat(other, receipt).wrong).toBe('the same key gave two orders');
  });

  test('another total or creation time under the same key is a wrong answer', () => {
    expect(judgeRepeat(answer(201, { ...receipt, totalPrice: 1 }), receipt).wrong).toBeDefined();
    expect(
      judgeRepeat(answer(201, { ...receipt, createdAt: '2026-01-31T12:00:00.001Z' }), receipt).wrong,
    ).toBeDefined();
  });

  test('a refusal is a wrong answer, a fault of the moment is not', () => {
    expect(judgeRepeat(answer(422), receipt).wrong).toBe('a repeat of an accepted order was answered 422');
    expect(judgeRepeat(answer(429), receipt).wrong).toBeUndefined();
    expect(judgeRepeat(answer(503), receipt).wrong).toBeUndefined();
    expect(judgeRepeat({ kind: 'none', error: 'timeout' }, receipt).wrong).toBeUndefined();
  });
});

describe('judgeTransition', () => {
  test.each([
    ['payment', 'PAID'],
    ['shipment', 'SHIPPED'],
    ['cancellation', 'CANCELLED'],
  ] as const)('%s must leave the order %s', (transition, status) => {
    expect(judgeTransition(answer(200, { ...receipt, status }), transition, receipt).wrong).toBeUndefined();
    expect(judgeTransition(answer(200), transition, receipt).wrong).toBe(`${transition} left it CREATED`);
  });

  test('must be about the same order and keep its total', () => {
    const paid = { ...receipt, status: 'PAID' };
    expect(judgeTransition(answer(200, { ...paid, orderId: newId() }), 'payment', receipt).wrong).toBeDefined();
    expect(judgeTransition(answer(200, { ...paid, totalPrice: 1 }), 'payment', receipt).wrong).toBeDefined();
  });
});

test('what may pass is worth retrying, a refusal is not', () => {
  for (const httpStatus of [408, 429]) expect(isWorthRetrying({ outcome: 'rejected', httpStatus })).toBe(true);
  for (const httpStatus of [400, 409, 422]) expect(isWorthRetrying({ outcome: 'rejected', httpStatus })).toBe(false);
  expect(isWorthRetrying({ outcome: 'unknown', error: 'timeout' })).toBe(true);
});

test('failures are grouped by HTTP status or by the reason for no answer', () => {
  expect(failureReason({ outcome: 'rejected', httpStatus: 429 })).toBe('HTTP 429');
  expect(failureReason({ outcome: 'unknown', error: 'ECONNRESET' })).toBe('ECONNRESET');
});
