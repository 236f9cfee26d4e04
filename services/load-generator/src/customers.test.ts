import { describe, expect, test } from '@jest/globals';
import { newId } from '@orderflow/contracts/ids';
import type { OrderReceipt, OrderStatus } from '@orderflow/contracts/order';
import { Customers, type CustomerPorts, type Gateway } from './customers.ts';
import type { HttpRequest, Reply } from './http-client.ts';
import { LatencyRecorder } from './latency.ts';
import type { PlannedOrder } from './order-mix.ts';
import { failedOf, Tally } from './tally.ts';

const plain: PlannedOrder = {
  body: '{"customerId":"customer-1","items":[{"productId":"product-1","quantity":2,"price":19.99}]}',
  totalCents: 3998,
  idempotencyKey: undefined,
  sentTwice: false,
  steps: [],
};
const receipt: OrderReceipt = {
  orderId: newId(),
  status: 'CREATED',
  totalPrice: 39.98,
  createdAt: '2026-01-31T12:00:00.000Z',
};
const answered = (status: OrderStatus = 'CREATED'): Reply => ({
  kind: 'answer',
  status: 201,
  body: JSON.stringify({ ...receipt, status }),
});
const refused = (status: number): Reply => ({ kind: 'answer', status, body: '' });
const lost: Reply = { kind: 'none', error: 'timeout' };

/** Serves one order with the given replies, and tells what came of it. */
async function serve(order: PlannedOrder, replies: readonly Reply[], overrides: Partial<CustomerPorts> = {}) {
  const requests: HttpRequest[] = [];
  const lines: Record<string, unknown>[] = [];
  const pausesMs: number[] = [];
  const gateway: Gateway = {
    send: async (request) => replies[requests.push(request) - 1] ?? { kind: 'none', error: 'not expected' },
  };
  const ports: CustomerPorts = {
    gateway,
    receipts: { append: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
    tally: new Tally(),
    latency: new LatencyRecorder(0),
    refusals: new LatencyRecorder(0),
    elapsedMs: () => 150,
    pause: async (ms) => void pausesMs.push(ms),
    stopping: new AbortController().signal,
    random: () => 0.5,
    ...overrides,
  };
  const customers = new Customers(ports);
  customers.begin(order, 100);
  await customers.whenIdle();
  return {
    requests,
    lines,
    pausesMs,
    tally: ports.tally,
    latency: ports.latency.summary(),
    refusals: ports.refusals.summary(),
  };
}

describe('an order', () => {
  test('is sent as JSON, and its receipt tells what the client was told', async () => {
    const { requests, lines, tally, latency } = await serve(plain, [answered()]);
    const headers = ['content-type', 'application/json'];
    expect(requests).toEqual([{ method: 'POST', path: '/orders', headers, body: plain.body }]);
    const { orderId, totalPrice, createdAt } = receipt;
    const body = JSON.parse(plain.body) as object;
    expect(lines).toEqual([{ type: 'order', orderId, totalPrice, createdAt, ...body }]);
    expect(tally.orders).toEqual({ sent: 1, accepted: 1, rejected: 0, unknown: 0 });
    expect(latency?.max).toBe(50);
  });

  test('without a key is not sent again when it fails', async () => {
    const { requests, lines, tally } = await serve(plain, [refused(503)]);
    expect(requests).toHaveLength(1);
    expect(lines).toEqual([{ type: 'failed', request: 'order', httpStatus: 503, outcome: 'unknown' }]);
    expect(tally.orders).toMatchObject({ accepted: 0, unknown: 1 });
  });

  test('that timed out counts as a latency of that long, a quick refusal does not', async () => {
    expect((await serve(plain, [lost])).latency?.max).toBe(50);
    expect((await serve(plain, [refused(503)])).latency).toBeUndefined();
  });

  test.each([429, 503])('that is answered %d counts among the refusals', async (status) => {
    expect((await serve(plain, [refused(status)])).refusals?.max).toBe(50);
  });

  test.each([
    ['an answer', answered()],
    ['no answer', lost],
    ['another failure', refused(400)],
  ])('that gets %s is no refusal', async (_name, reply) => {
    expect((await serve(plain, [reply])).refusals).toBeUndefined();
  });

  test('with a wrong total is accepted, receipted and counted as a wrong answer', async () => {
    const { lines, tally } = await serve({ ...plain, totalCents: 1 }, [answered()]);
    expect(lines).toMatchObject([{ type: 'order', orderId: receipt.orderId }]);
    expect(tally).toMatchObject({ wrongAnswers: 1 });
    expect(tally.wrongAnswerExamples[0]).toContain(receipt.orderId);
  });
});

describe('an order with a key', () => {
  const keyed: PlannedOrder = { ...plain, idempotencyKey: 'key-1' };

  test('is tried again with the same key and body until it is answered', async () => {
    const { requests, lines, pausesMs, tally } = await serve(keyed, [lost, refused(503), answered()]);
    expect(requests).toHaveLength(3);
    expect(new Set(requests.map((request) => JSON.stringify(request))).size).toBe(1);
    expect(requests[0]?.headers).toContain('key-1');
    expect(pausesMs).toEqual([50, 100]);
    expect(lines).toMatchObject([{ type: 'order', idempotencyKey: 'key-1' }]);
    expect(tally.orders).toEqual({ sent: 1, accepted: 1, rejected: 0, unknown: 0 });
    expect(tally.retries).toBe(2);
    expect(Object.fromEntries(tally.failureReasons)).toEqual({ timeout: 1, 'HTTP 503': 1 });
  });

  test('is given up after three retries', async () => {
    const { requests, lines, tally } = await serve(keyed, [lost, lost, lost, lost, answered()]);
    expect(requests).toHaveLength(4);
    expect(lines).toMatchObject([{ type: 'failed', idempotencyKey: 'key-1', outcome: 'unknown', error: 'timeout' }]);
    expect(failedOf(tally.orders)).toBe(1);
    expect(tally.failureReasons.get('timeout')).toBe(4);
  });

  test('is not tried again after a refusal', async () => {
    const { requests, lines } = await serve(keyed, [refused(400), answered()]);
    expect(requests).toHaveLength(1);
    expect(lines).toMatchObject([{ type: 'failed', outcome: 'rejected', httpStatus: 400 }]);
  });

  test('stays unknown when a refusal follows an attempt that may have happened', async () => {
    const { lines } = await serve(keyed, [lost, refused(400)]);
    expect(lines).toMatchObject([{ type: 'failed', outcome: 'unknown', httpStatus: 400 }]);
  });

  test('stays rejected when every attempt was refused', async () => {
    const { lines } = await serve(keyed, [refused(429), refused(400)]);
    expect(lines).toMatchObject([{ type: 'failed', outcome: 'rejected' }]);
  });

  test('sent twice gives a second receipt for the same order', async () => {
    const { requests, lines, tally } = await serve({ ...keyed, sentTwice: true }, [answered(), answered()]);
    expect(requests[1]).toEqual(requests[0]);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toEqual(lines[0]);
    expect(tally.orders.accepted).toBe(1);
    expect(tally.repeats).toMatchObject({ sent: 1, accepted: 1 });
  });

  test('sent twice and told of another order is a wrong answer, with a receipt for the auditor', async () => {
    const other = { ...receipt, orderId: newId() };
    const second: Reply = { kind: 'answer', status: 201, body: JSON.stringify(other) };
    const { lines, tally } = await serve({ ...keyed, sentTwice: true }, [answered(), second]);
    expect(tally.wrongAnswers).toBe(1);
    expect(lines.map(({ orderId }) => orderId)).toEqual([receipt.orderId, other.orderId]);
  });
});

describe('the lifecycle', () => {
  const shipped: PlannedOrder = { ...plain, steps: ['payment', 'shipment'] };

  test('takes each step after the answer to the one before', async () => {
    const { requests, lines, tally } = await serve(shipped, [answered(), answered('PAID'), answered('SHIPPED')]);
    const { orderId } = receipt;
    expect(requests.map(({ path }) => path)).toEqual([
      '/orders',
      `/orders/${orderId}/payment`,
      `/orders/${orderId}/shipment`,
    ]);
    expect(lines.slice(1)).toEqual([
      { type: 'transition', orderId, transition: 'payment', status: 'PAID' },
      { type: 'transition', orderId, transition: 'shipment', status: 'SHIPPED' },
    ]);
    expect(tally.transitions.shipment).toMatchObject({ sent: 1, accepted: 1 });
  });

  test('does not begin when the order failed', async () => {
    expect((await serve(shipped, [refused(500)])).requests).toHaveLength(1);
  });

  test('ends at a step that failed', async () => {
    const { requests, lines, tally } = await serve(shipped, [answered(), refused(409)]);
    expect(requests).toHaveLength(2);
    const { orderId } = receipt;
    expect(lines[1]).toEqual({ type: 'failed', request: 'payment', orderId, httpStatus: 409, outcome: 'rejected' });
    expect(tally.errorRate()).toBe(0.5);
  });
});

describe('once stopping', () => {
  const stopping = AbortSignal.abort();

  test('the answer to what was sent is still receipted, and nothing more is sent', async () => {
    const order: PlannedOrder = { ...plain, idempotencyKey: 'key-1', sentTwice: true, steps: ['payment'] };
    const { requests, lines } = await serve(order, [answered()], { stopping });
    expect(requests).toHaveLength(1);
    expect(lines).toMatchObject([{ type: 'order' }]);
  });

  test('a failed order is not tried again, and counted once', async () => {
    const { requests, lines, tally } = await serve({ ...plain, idempotencyKey: 'key-1' }, [lost], { stopping });
    expect(requests).toHaveLength(1);
    expect(lines).toMatchObject([{ type: 'failed', outcome: 'unknown' }]);
    expect(tally).toMatchObject({ retries: 0, orders: { unknown: 1 } });
    expect(tally.failureReasons.get('timeout')).toBe(1);
  });
});
