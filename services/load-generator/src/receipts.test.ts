import { expect, test } from '@jest/globals';
import { newId } from '@orderflow/contracts/ids';
import type { OrderReceipt } from '@orderflow/contracts/order';
import { OrderMix } from './order-mix.ts';
import { endLine, failedLine, orderLine, startLine, transitionLine } from '@orderflow/contracts/receipts-journal';

const receipt: OrderReceipt = {
  orderId: newId(),
  status: 'PAID',
  totalPrice: 1234.5,
  createdAt: '2026-01-31T12:00:00.000Z',
};

test('an order line is JSON with what the client sent and what it was told', () => {
  const fractions = { payments: 0, shipments: 0, cancellations: 0, idempotent: 0.5, retries: 0 };
  const mix = new OrderMix({
    seed: 1,
    runId: newId(),
    catalogue: { customers: 9, products: 9, maxItems: 5 },
    fractions,
  });
  for (let index = 0; index < 100; index += 1) {
    const order = mix.next();
    const line = JSON.parse(orderLine(order, receipt)) as Record<string, unknown>;
    const { orderId, totalPrice, createdAt } = receipt;
    const key = order.idempotencyKey === undefined ? {} : { idempotencyKey: order.idempotencyKey };
    expect(line).toEqual({
      type: 'order',
      orderId,
      totalPrice,
      createdAt,
      ...key,
      ...(JSON.parse(order.body) as object),
    });
  }
});

test('the other lines', () => {
  const { orderId } = receipt;
  const start = { startedAt: 'now', target: 'http://x/', rate: 10, durationMs: 5, seed: 1, runId: 'run' };
  expect(JSON.parse(startLine(start))).toEqual({ type: 'start', ...start });
  const end = { endedAt: 'now', sent: 3, accepted: 2, failed: 1 };
  expect(JSON.parse(endLine(end))).toEqual({ type: 'end', ...end });
  const transition = { type: 'transition', orderId, transition: 'payment', status: 'PAID' };
  expect(JSON.parse(transitionLine('payment', receipt))).toEqual(transition);
  const failure = { outcome: 'rejected', httpStatus: 409 } as const;
  expect(JSON.parse(failedLine('payment', { orderId }, failure))).toEqual({
    type: 'failed',
    request: 'payment',
    orderId,
    ...failure,
  });
});
