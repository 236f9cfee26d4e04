import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { OrderAdmission } from '../src/order-admission.ts';
import { connectRaw, metricValue, order, send, startGateway, startUpstream, type RunningGateway } from './harness.ts';

const PLACES = 4;

/** As many places as said, at all times. */
const fixed = (places: number) =>
  new OrderAdmission({ targetMs: 60_000, minLimit: places, maxLimit: places }, performance.now());

const orderId = '01931f6e-6f2a-7c3e-9d2b-1f0e5a4b3c2d';

/** An order service that stores no order before it is told to, and answers everything else. */
async function startHeldUpstream() {
  const held: ServerResponse[] = [];
  let arrived = Promise.withResolvers<void>();
  const upstream = await startUpstream((request, response) => {
    if (request.method !== 'POST' || request.url !== '/orders') {
      response.end('other');
      return;
    }
    held.push(response);
    arrived.resolve();
    arrived = Promise.withResolvers();
  });
  return Object.assign(upstream, {
    async holds(count: number): Promise<void> {
      while (held.length < count) await arrived.promise;
    },
    release(): void {
      for (const response of held.splice(0)) response.writeHead(201).end('stored');
    },
  });
}

/** A gateway with all of its places taken by orders that are not answered yet. */
async function startFull(gateway: RunningGateway, upstream: Awaited<ReturnType<typeof startHeldUpstream>>) {
  const taken = Array.from({ length: PLACES }, () => send(gateway.port, order));
  await upstream.holds(PLACES);
  return taken;
}

describe('more orders than there are places', () => {
  test('are answered 503 with Retry-After while the others wait, and taken once those are done', async () => {
    await using upstream = await startHeldUpstream();
    const admission = fixed(PLACES);
    await using gateway = await startGateway({ orders: upstream.url, gateway: { admission } });
    const taken = await startFull(gateway, upstream);
    const refused = await send(gateway.port, order);
    expect(refused.status).toBe(503);
    expect(refused.headers).toMatchObject({ 'retry-after': '1', 'content-type': 'application/problem+json' });
    expect(refused.json()).toMatchObject({ type: 'urn:orderflow:problem:overloaded', status: 503 });
    upstream.release();
    expect((await Promise.all(taken)).map(({ status }) => status)).toEqual(taken.map(() => 201));
    // A client has its answer a moment before the gateway knows that it is out.
    while (admission.inFlight > 0) await nextTurn();
    const next = send(gateway.port, order);
    await upstream.holds(1);
    upstream.release();
    expect((await next).status).toBe(201);
  });

  test('keep no read and no transition from being answered', async () => {
    await using upstream = await startHeldUpstream();
    await using gateway = await startGateway({ orders: upstream.url, gateway: { admission: fixed(PLACES) } });
    const taken = await startFull(gateway, upstream);
    const others = [
      { path: '/orders' },
      { path: `/orders/${orderId}` },
      { path: '/analytics/sales' },
      { method: 'POST', path: `/orders/${orderId}/payment` },
    ];
    for (const options of others) expect((await send(gateway.port, options)).status).toBe(200);
    upstream.release();
    await Promise.all(taken);
  });

  test('leave their connection open, which is good for the next request', async () => {
    await using upstream = await startHeldUpstream();
    await using gateway = await startGateway({ orders: upstream.url, gateway: { admission: fixed(PLACES) } });
    const taken = await startFull(gateway, upstream);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const statuses: (number | undefined)[] = [];
    const ports = new Set<number | undefined>();
    for (const { body, ...options } of [order, order, { path: '/orders', body: '' }]) {
      const request = httpRequest({ host: '127.0.0.1', port: gateway.port, agent, ...options });
      request.end(body);
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      ports.add(request.socket?.localPort);
      await text(response);
      statuses.push(response.statusCode);
    }
    agent.destroy();
    expect(statuses).toEqual([503, 503, 200]);
    expect(ports.size).toBe(1);
    upstream.release();
    await Promise.all(taken);
  });

  test.each([
    ['plain', order],
    ['with a query', { ...order, path: '/orders?n=1' }],
    ['in absolute form', { ...order, path: 'http://orders.example/orders' }],
    ['chunked', { ...order, headers: { ...order.headers, 'transfer-encoding': 'chunked' } }],
  ])('are refused and counted in whatever form they come: %s', async (_name, options) => {
    await using upstream = await startHeldUpstream();
    await using gateway = await startGateway({ orders: upstream.url, gateway: { admission: fixed(PLACES) } });
    const taken = await startFull(gateway, upstream);
    const refused = await send(gateway.port, options);
    expect(refused.status).toBe(503);
    expect(refused.headers['retry-after']).toBe('1');
    expect(refused.json()).toMatchObject({ type: 'urn:orderflow:problem:overloaded' });
    upstream.release();
    await Promise.all(taken);
    await gateway.stop();
    expect(await metricValue(gateway, 'orders_refused_total')).toBe(1);
    const labels = { route: '/orders', method: 'POST', status: '503' };
    expect(await metricValue(gateway, 'http_errors_total', labels)).toBe(1);
    expect(await metricValue(gateway, 'http_requests_in_flight')).toBe(0);
  });

  test('are in the log with one line for many', async () => {
    await using upstream = await startHeldUpstream();
    await using gateway = await startGateway({ orders: upstream.url, gateway: { admission: fixed(PLACES) } });
    const taken = await startFull(gateway, upstream);
    for (let attempt = 0; attempt < 5; attempt += 1) await send(gateway.port, order);
    expect(gateway.lines).toEqual([expect.objectContaining({ level: 'warn', orders: 1 })]);
    upstream.release();
    await Promise.all(taken);
  });
});

describe('a place', () => {
  test('is not held by an order whose body trickles in', async () => {
    await using upstream = await startHeldUpstream();
    await using gateway = await startGateway({ orders: upstream.url, gateway: { admission: fixed(1) } });
    const slow = connectRaw(gateway.port);
    const head = `POST /orders HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`;
    await new Promise<void>((resolve) => slow.socket.write(head, () => resolve()));
    const quick = send(gateway.port, order);
    await upstream.holds(1);
    upstream.release();
    expect((await quick).status).toBe(201);
    slow.socket.destroy();
  });

  test('is not held by a read', async () => {
    const reading = Promise.withResolvers<ServerResponse>();
    await using upstream = await startUpstream((request, response) => {
      if (request.method === 'GET') reading.resolve(response);
      else response.writeHead(201).end();
    });
    await using gateway = await startGateway({ orders: upstream.url, gateway: { admission: fixed(1) } });
    const read = send(gateway.port, { path: '/orders' });
    const response = await reading.promise;
    expect((await send(gateway.port, order)).status).toBe(201);
    response.end();
    await read;
  });

  test('comes back when the client leaves without its answer', async () => {
    await using upstream = await startHeldUpstream();
    const admission = fixed(1);
    await using gateway = await startGateway({ orders: upstream.url, gateway: { admission } });
    const leaving = httpRequest({ host: '127.0.0.1', port: gateway.port, agent: false, ...order });
    leaving.on('error', () => undefined);
    leaving.end(order.body);
    await upstream.holds(1);
    leaving.destroy();
    await gateway.requestLine(({ status }) => status === 499);
    expect(admission.inFlight).toBe(0);
  });
});

test('with a slow order service fewer orders are on their way to it, and with a quick one as many as before', async () => {
  let delayMs = 400;
  await using upstream = await startUpstream((request, response) => {
    void text(request).then(() => setTimeout(() => response.writeHead(201).end('stored'), delayMs));
  });
  const admission = new OrderAdmission({ targetMs: 200, minLimit: 4, maxLimit: 16 }, performance.now());
  await using gateway = await startGateway({ orders: upstream.url, gateway: { admission } });
  const statuses = new Set<number>();
  const customers = Array.from({ length: 12 }, async () => {
    while (admission.limit > 4) statuses.add((await send(gateway.port, order)).status);
  });
  await Promise.all(customers);
  expect(statuses).toEqual(new Set([201, 503]));
  delayMs = 0;
  while (admission.limit < 16) await send(gateway.port, order);
  const after = await Promise.all(Array.from({ length: 12 }, () => send(gateway.port, order)));
  expect(new Set(after.map(({ status }) => status))).toEqual(new Set([201]));
});
