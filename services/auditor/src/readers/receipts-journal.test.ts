import { describe, expect, test } from '@jest/globals';
import { collectReceipts } from './receipts-journal.ts';

const ORDER = {
  type: 'order',
  orderId: '0193ab00-0000-7000-8000-000000000001',
  totalPrice: 39.98,
  createdAt: '2026-01-31T12:00:00.123Z',
  customerId: 'customer-1',
  items: [{ productId: 'product-1', quantity: 2, price: 19.99 }],
};
const START = { type: 'start', startedAt: '2026-01-31T11:59:59.000Z', target: 'http://gateway', rate: 1_000, seed: 42 };
const END = { type: 'end', endedAt: '2026-01-31T12:05:00.000Z', sent: 2, accepted: 1, failed: 1 };

async function* linesOf(...lines: readonly (object | string)[]): AsyncGenerator<string> {
  for (const line of lines) yield typeof line === 'string' ? line : JSON.stringify(line);
}

test('a journal that several loads share covers all of them', async () => {
  const at = (second: string): string => `2026-01-31T12:00:${second}.000Z`;
  const [flood, floodEnd] = [
    { ...START, startedAt: at('20') },
    { ...END, endedAt: at('25') },
  ];
  const lines = linesOf({ ...START, startedAt: at('00') }, flood, { ...END, endedAt: at('50') }, floodEnd);
  expect(await collectReceipts(lines)).toMatchObject({
    startedAtMs: Date.parse(at('00')),
    endedAtMs: Date.parse(at('50')),
  });
});

test('collects what clients were told', async () => {
  const transition = { type: 'transition', orderId: ORDER.orderId, transition: 'payment', status: 'PAID' };
  const receipts = await collectReceipts(linesOf(START, ORDER, { ...ORDER, idempotencyKey: 'key-1' }, transition, END));
  const told = {
    orderId: ORDER.orderId,
    customerId: 'customer-1',
    totalCents: 3_998,
    itemsText: 'product-1 2 1999',
    createdAtMs: Date.parse(ORDER.createdAt),
    idempotencyKey: undefined,
  };
  expect(receipts).toMatchObject({
    startedAtMs: Date.parse(START.startedAt),
    endedAtMs: Date.parse(END.endedAt),
    orders: [told, { ...told, idempotencyKey: 'key-1' }],
    transitions: [{ orderId: ORDER.orderId, transition: 'payment', status: 'PAID' }],
    unknownOrders: [],
  });
});

test('remembers orders with unknown outcome, not rejected ones and not transitions', async () => {
  const failed = { type: 'failed', request: 'order', outcome: 'unknown', error: 'timeout' };
  const { unknownOrders } = await collectReceipts(
    linesOf(
      failed,
      { ...failed, idempotencyKey: 'key-1' },
      { ...failed, outcome: 'rejected', httpStatus: 422 },
      { ...failed, request: 'payment', orderId: ORDER.orderId },
    ),
  );
  expect(unknownOrders).toEqual([{ idempotencyKey: undefined }, { idempotencyKey: 'key-1' }]);
});

test('a total that is no whole number of cents equals nothing', async () => {
  const { orders } = await collectReceipts(linesOf({ ...ORDER, totalPrice: 39.985 }));
  expect(orders[0]?.totalCents).toBeNaN();
});

describe('a torn line', () => {
  test('is fine at the end: its writer was killed', async () => {
    const receipts = await collectReceipts(linesOf(START, ORDER, '{"type":"order","orderId":"01'));
    expect(receipts.orders).toHaveLength(1);
    expect(receipts.endedAtMs).toBeUndefined();
  });

  test('is damage in the middle', async () => {
    await expect(collectReceipts(linesOf(START, '{"type":"or', ORDER))).rejects.toThrow(/^line 2: /);
  });
});

describe('refuses', () => {
  test.each([
    ['a line of another file', { hello: 'world' }, /^line 1: type/],
    ['an order without id', { ...ORDER, orderId: undefined }, /^line 1: orderId/],
    [
      'a transition that is none',
      { type: 'transition', orderId: ORDER.orderId, transition: 'refund', status: 'PAID' },
      /^line 1: transition/,
    ],
    ['a text that is no object', '7', /^line 1: /],
  ])('%s', async (_, line, message) => {
    await expect(collectReceipts(linesOf(line))).rejects.toThrow(message);
  });
});
