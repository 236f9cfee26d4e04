import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import {
  connectRaw,
  deadOrigin,
  metricValue,
  order,
  send,
  startGateway,
  startRawUpstream,
  startUpstream,
} from './harness.ts';

const transition = { method: 'POST', path: '/orders/01931f6e-6f2a-7c3e-9d2b-1f0e5a4b3c2d/payment' } as const;
const withKey = { ...order, headers: { ...order.headers, 'idempotency-key': 'key-1' } } as const;
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

/** Answers every request on a connection with the next of `scripts`, the last one again and again. */
async function startScripted(scripts: readonly ((socket: Socket) => void)[]) {
  let requests = 0;
  const upstream = await startRawUpstream((socket) => {
    socket.on('data', () => {
      const script = scripts[Math.min(requests, scripts.length - 1)];
      requests += 1;
      script?.(socket);
    });
  });
  return Object.assign(upstream, { requests: () => requests });
}

const reset = (socket: Socket): void => void socket.resetAndDestroy();
const close = (socket: Socket): void => void socket.end();
const answer = (socket: Socket): void => void socket.write(OK);

describe('an upstream that cannot be reached', () => {
  test('is answered 503 with Retry-After, for reads and orders', async () => {
    await using gateway = await startGateway({ orders: await deadOrigin() });
    for (const options of [order, { path: '/orders' }]) {
      const refused = await send(gateway.port, options);
      expect(refused.status).toBe(503);
      expect(refused.headers).toMatchObject({ 'retry-after': '1', 'content-type': 'application/problem+json' });
      expect(refused.json()).toMatchObject({
        type: 'urn:orderflow:problem:unavailable',
        requestId: refused.headers['x-request-id'],
      });
    }
    expect(await gateway.requestLine()).toMatchObject({ status: 503, upstreamError: 'ECONNREFUSED' });
  });

  test('leaves the other upstream alone', async () => {
    await using analytics = await startUpstream((_request, response) => response.end('report'));
    await using gateway = await startGateway({ orders: await deadOrigin(), analytics: analytics.url });
    expect((await send(gateway.port, order)).status).toBe(503);
    expect((await send(gateway.port, { path: '/analytics/sales' })).body).toBe('report');
  });

  test('is counted by reason', async () => {
    await using gateway = await startGateway({ orders: await deadOrigin() });
    await send(gateway.port, order);
    const labels = { upstream: 'orders', reason: 'connect' };
    expect(await metricValue(gateway, 'upstream_errors_total', labels)).toBe(2); // the try and its one repetition
    expect(await metricValue(gateway, 'upstream_retries_total')).toBe(1);
  });
});

describe('an upstream that breaks the connection before it answers', () => {
  test.each([
    ['resets', reset],
    ['closes', close],
  ])('%s: 502, and the order was sent once', async (_name, script) => {
    await using upstream = await startScripted([script]);
    await using gateway = await startGateway({ orders: upstream.url });
    const refused = await send(gateway.port, order);
    expect(refused.status).toBe(502);
    expect(refused.json()).toMatchObject({
      type: 'urn:orderflow:problem:bad-gateway',
      detail: 'It is not known whether the request was carried out',
    });
    expect(upstream.requests()).toBe(1);
  });

  test('sees a read once more', async () => {
    await using upstream = await startScripted([reset, answer]);
    await using gateway = await startGateway({ orders: upstream.url });
    expect(await send(gateway.port, { path: '/orders' })).toMatchObject({ status: 200, body: 'ok' });
    expect(upstream.requests()).toBe(2);
  });

  test('sees a read twice at most', async () => {
    await using upstream = await startScripted([reset]);
    await using gateway = await startGateway({ orders: upstream.url });
    expect((await send(gateway.port, { path: '/orders' })).status).toBe(502);
    expect(upstream.requests()).toBe(2);
  });

  test('sees an order with an Idempotency-Key once more, with the same body', async () => {
    const bodies: string[] = [];
    await using upstream = await startUpstream((request, response) => {
      request.setEncoding('utf8').on('data', (body: string) => {
        bodies.push(`${String(request.headers['idempotency-key'])} ${body}`);
        if (bodies.length === 1) request.socket.resetAndDestroy();
        else response.writeHead(201).end('done');
      });
    });
    await using gateway = await startGateway({ orders: upstream.url });
    expect(await send(gateway.port, withKey)).toMatchObject({ status: 201, body: 'done' });
    expect(bodies).toEqual([`key-1 ${order.body}`, `key-1 ${order.body}`]);
  });

  test('sees an order once whose Idempotency-Key was a field of the connection only', async () => {
    await using upstream = await startScripted([reset, answer]);
    await using gateway = await startGateway({ orders: upstream.url });
    const headers = { ...withKey.headers, connection: 'close, idempotency-key' };
    expect((await send(gateway.port, { ...withKey, headers })).status).toBe(502);
    expect(upstream.requests()).toBe(1);
  });

  test('sees a transition once, even with an Idempotency-Key', async () => {
    await using upstream = await startScripted([reset, answer]);
    await using gateway = await startGateway({ orders: upstream.url });
    const refused = await send(gateway.port, { ...transition, headers: { 'idempotency-key': 'key-1' } });
    expect(refused.status).toBe(502);
    expect(upstream.requests()).toBe(1);
  });

  test('on a connection that was kept alive: an order gets 502, an order with a key and a read get through', async () => {
    for (const [options, status] of [
      [order, 502],
      [withKey, 200],
      [{ path: '/orders' }, 200],
    ] as const) {
      await using upstream = await startScripted([answer, reset, answer]);
      await using gateway = await startGateway({ orders: upstream.url });
      expect((await send(gateway.port, { path: '/orders' })).status).toBe(200);
      expect((await send(gateway.port, options)).status).toBe(status);
    }
  });
});

describe('an upstream that answers nonsense', () => {
  test.each([
    ['no HTTP at all', '\u0000\u0001garbage\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nok'],
    ['a field with control characters', 'HTTP/1.1 200 OK\r\nx-odd: a\u0001b\r\ncontent-length: 2\r\n\r\nok'],
    ['an endless head', `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}`],
    ['an upgrade nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'],
  ])('%s: 502', async (_name, bytes) => {
    await using upstream = await startScripted([(socket) => void socket.write(bytes, 'latin1')]);
    await using gateway = await startGateway({ orders: upstream.url });
    const refused = await send(gateway.port, order);
    expect(refused.status).toBe(502);
    expect(refused.headers['content-type']).toBe('application/problem+json');
    expect(upstream.requests()).toBe(1);
  });
});

describe('an upstream that does not answer in time', () => {
  test('504, and the request is not repeated', async () => {
    await using upstream = await startScripted([() => undefined]);
    await using gateway = await startGateway({ orders: upstream.url, upstream: { timeoutMs: 100 } });
    const refused = await send(gateway.port, { path: '/orders' });
    expect(refused.status).toBe(504);
    expect(refused.json()).toMatchObject({ type: 'urn:orderflow:problem:gateway-timeout' });
    expect(upstream.requests()).toBe(1);
    expect(await gateway.requestLine()).toMatchObject({ upstreamError: 'UPSTREAM_TIMEOUT' });
  });

  test('504 also for those that waited for a connection, which are never sent', async () => {
    await using upstream = await startScripted([() => undefined]);
    await using gateway = await startGateway({ orders: upstream.url, upstream: { timeoutMs: 200, connections: 1 } });
    const answers = await Promise.all([
      send(gateway.port, order),
      send(gateway.port, order),
      send(gateway.port, order),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([504, 504, 504]);
    expect(upstream.requests()).toBe(1);
  });

  test('504 when it dribbles interim answers for ever', async () => {
    await using upstream = await startRawUpstream((socket) => {
      const dribble = setInterval(() => socket.write('HTTP/1.1 102 Processing\r\n\r\n'), 20);
      socket.once('close', () => clearInterval(dribble));
    });
    await using gateway = await startGateway({ orders: upstream.url, upstream: { timeoutMs: 200 } });
    expect((await send(gateway.port, { path: '/orders' })).status).toBe(504);
  });

  test('503 at once when too many wait already, and service again when they are done', async () => {
    const arrived = Promise.withResolvers<() => void>();
    await using upstream = await startUpstream((request, response) => {
      if (request.url === '/orders?slow') arrived.resolve(() => response.end('slow'));
      else response.end('fast');
    });
    await using gateway = await startGateway({ orders: upstream.url, upstream: { connections: 1, queue: 0 } });
    const slow = send(gateway.port, { path: '/orders?slow' });
    const release = await arrived.promise;
    const refused = await send(gateway.port, { path: '/orders' });
    expect(refused.status).toBe(503);
    expect(refused.headers['retry-after']).toBe('1');
    release();
    expect(await slow).toMatchObject({ status: 200, body: 'slow' });
    expect(await send(gateway.port, { path: '/orders' })).toMatchObject({ status: 200, body: 'fast' });
  });
});

describe('an upstream that dies in the middle of its answer', () => {
  test.each([
    ['with a length', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart', reset],
    ['with a length, closing politely', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart', close],
    ['in chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\npart\r\n', reset],
    ['in chunks, closing politely', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\npart\r\n', close],
  ])('%s: the client is cut off and cannot take the part for the whole', async (_name, bytes, end) => {
    const clientHasPart = Promise.withResolvers<void>();
    await using upstream = await startScripted([
      (socket) => {
        socket.write(bytes);
        void clientHasPart.promise.then(() => end(socket));
      },
    ]);
    await using gateway = await startGateway({ orders: upstream.url });
    const request = httpRequest({ port: gateway.port, host: '127.0.0.1', path: '/orders', agent: false }).end();
    const [response] = await once(request, 'response');
    response.on('data', () => clientHasPart.resolve());
    const [error] = await once(response, 'error');
    expect(error).toMatchObject({ code: 'ECONNRESET' });
    expect(response.complete).toBe(false);
    expect(await gateway.requestLine()).toMatchObject({ status: 200, incomplete: true });
    expect(upstream.requests()).toBe(1);
  });

  test('before the first byte of the body: 502', async () => {
    const head = 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n';
    await using upstream = await startScripted([(socket) => void socket.end(head)]);
    await using gateway = await startGateway({ orders: upstream.url });
    expect((await send(gateway.port, { path: '/orders' })).status).toBe(502);
    expect(upstream.requests()).toBe(1);
  });

  test('by falling silent: the client is cut off after the timeout', async () => {
    const head = 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart';
    await using upstream = await startScripted([(socket) => void socket.write(head)]);
    await using gateway = await startGateway({ orders: upstream.url, upstream: { timeoutMs: 200 } });
    const request = httpRequest({ port: gateway.port, host: '127.0.0.1', path: '/orders', agent: false }).end();
    const [response] = await once(request, 'response');
    response.resume();
    await once(response, 'error');
    expect(await gateway.requestLine()).toMatchObject({ upstreamError: 'UND_ERR_BODY_TIMEOUT', incomplete: true });
  });
});

describe('a client that goes away', () => {
  test('takes its request at the upstream with it', async () => {
    const arrived = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    await using upstream = await startUpstream((request) => {
      arrived.resolve();
      request.socket.once('close', () => left.resolve());
    });
    await using gateway = await startGateway({ orders: upstream.url });
    const request = httpRequest({ port: gateway.port, host: '127.0.0.1', agent: false, ...order });
    request.on('error', () => undefined);
    request.end(order.body);
    await arrived.promise;
    request.destroy();
    await left.promise;
    expect(await gateway.requestLine()).toMatchObject({ status: 499, incomplete: true });
    expect(await metricValue(gateway, 'http_requests_in_flight')).toBe(0);
    expect(await metricValue(gateway, 'upstream_errors_total')).toBe(0);
  });

  test('while it waits for a connection: its order is never sent', async () => {
    const seen: string[] = [];
    const first = Promise.withResolvers<() => void>();
    await using upstream = await startUpstream((request, response) => {
      seen.push(request.url ?? '');
      if (seen.length === 1) first.resolve(() => response.end());
      else response.end();
    });
    await using gateway = await startGateway({ orders: upstream.url, upstream: { connections: 1 } });
    const holding = send(gateway.port, { path: '/orders?first' });
    const release = await first.promise;
    const leaving = httpRequest({ port: gateway.port, host: '127.0.0.1', agent: false, ...order });
    leaving.on('error', () => undefined);
    leaving.end(order.body, () => leaving.destroy());
    expect(await gateway.requestLine()).toMatchObject({ status: 499, method: 'POST' });
    const behind = send(gateway.port, { path: '/orders?behind' });
    release();
    await Promise.all([holding, behind]);
    expect(seen).toEqual(['/orders?first', '/orders?behind']);
  });

  test('in the middle of its body: the upstream hears nothing of it', async () => {
    let requests = 0;
    await using upstream = await startUpstream((_request, response) => {
      requests += 1;
      response.end();
    });
    await using gateway = await startGateway({ orders: upstream.url });
    const request = httpRequest({
      port: gateway.port,
      host: '127.0.0.1',
      agent: false,
      ...order,
      headers: { 'content-length': 100 },
    });
    request.on('error', () => undefined);
    request.write('{"customerId":', () => request.destroy());
    // To the server this is a request that ended too early; the client may still read.
    expect(await gateway.requestLine()).toMatchObject({ status: 400 });
    expect(requests).toBe(0);
  });

  test('with several requests in a row on its connection: all of them end', async () => {
    let arrived = 0;
    const allArrived = Promise.withResolvers<void>();
    await using upstream = await startUpstream(() => {
      arrived += 1;
      if (arrived === 3) allArrived.resolve();
    });
    await using gateway = await startGateway({ orders: upstream.url });
    const { socket } = connectRaw(gateway.port);
    socket.write('GET /orders HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(3));
    await allArrived.promise;
    socket.destroy();
    await gateway.requestLine(() => gateway.lines.length === 3);
    expect(gateway.lines.map(({ status }) => status)).toEqual([499, 499, 499]);
    expect(await metricValue(gateway, 'http_requests_in_flight')).toBe(0);
  });
});
