import { describe, expect, test } from '@jest/globals';
import { createOpenApiDocument } from '@orderflow/contracts/openapi';
import { metricValue, order, send, sendRaw, startGateway, startUpstream } from './harness.ts';

const id = '01931f6e-6f2a-7c3e-9d2b-1f0e5a4b3c2d';

/** An upstream that says where a request arrived. */
function startNamed(name: string) {
  return startUpstream((request, response) => {
    response.end(`${name} ${request.method} ${request.url}`);
  });
}

async function startBoth() {
  const orders = await startNamed('orders');
  const analytics = await startNamed('analytics');
  const gateway = await startGateway({ orders: orders.url, analytics: analytics.url });
  return {
    gateway,
    port: gateway.port,
    async [Symbol.asyncDispose]() {
      for (const part of [gateway, orders, analytics]) await part[Symbol.asyncDispose]();
    },
  };
}

describe('routes', () => {
  test.each([
    ['POST', '/orders', 'orders'],
    ['GET', '/orders?limit=5&cursor=a%2Fb', 'orders'],
    ['GET', `/orders/${id}`, 'orders'],
    ['POST', `/orders/${id}/payment`, 'orders'],
    ['POST', `/orders/${id}/shipment`, 'orders'],
    ['POST', `/orders/${id}/cancellation`, 'orders'],
    ['GET', '/analytics/sales?minutes=5', 'analytics'],
  ])('%s %s goes to %s', async (method, path, upstream) => {
    await using system = await startBoth();
    const answer = await send(system.port, { method, path });
    expect(answer).toMatchObject({ status: 200, body: `${upstream} ${method} ${path}` });
  });

  test('serves the OpenAPI document', async () => {
    await using system = await startBoth();
    const answer = await send(system.port, { path: '/openapi.json' });
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.json()).toEqual(JSON.parse(JSON.stringify(createOpenApiDocument())));
  });

  test('the index links to pages that exist', async () => {
    await using system = await startBoth();
    const { links } = (await send(system.port, { path: '/' })).json() as { links: Record<string, string> };
    expect(Object.keys(links)).toEqual(['openapi', 'orders', 'sales']);
    for (const path of Object.values(links)) expect((await send(system.port, { path })).status).toBe(200);
  });

  test.each(['/', '/openapi.json', '/orders', `/orders/${id}`, '/analytics/sales'])(
    'HEAD %s has the head of the GET and no body',
    async (path) => {
      await using system = await startBoth();
      const answer = await send(system.port, { method: 'HEAD', path });
      expect(answer).toMatchObject({ status: 200, body: '' });
    },
  );

  test.each([
    ['DELETE', '/orders', 'POST, GET, HEAD'],
    ['OPTIONS', '/orders', 'POST, GET, HEAD'],
    ['POST', `/orders/${id}`, 'GET, HEAD'],
    ['GET', `/orders/${id}/payment`, 'POST'],
    ['POST', '/analytics/sales', 'GET, HEAD'],
    ['TRACE', '/analytics/sales', 'GET, HEAD'],
    ['PUT', '/openapi.json', 'GET, HEAD'],
    ['POST', '/', 'GET, HEAD'],
  ])('%s %s is not allowed and says what is', async (method, path, allow) => {
    await using system = await startBoth();
    const answer = await send(system.port, { method, path });
    expect(answer.status).toBe(405);
    expect(answer.headers).toMatchObject({ allow, 'content-type': 'application/problem+json' });
    expect(answer.json()).toMatchObject({ type: 'urn:orderflow:problem:method-not-allowed', status: 405 });
  });

  test.each(['/customers', '/orders/1/2/3', '/Orders', '/analytics', '/metrics', '/healthz', `/orders/${id}/refund`])(
    '%s does not exist',
    async (path) => {
      await using system = await startBoth();
      const answer = await send(system.port, { path });
      expect(answer.status).toBe(404);
      expect(answer.json()).toMatchObject({
        type: 'urn:orderflow:problem:not-found',
        requestId: answer.headers['x-request-id'],
      });
    },
  );

  test.each([
    '/orders/../orders',
    '//orders',
    '/orders/',
    '/orders%2f..',
    '/orders/%2e%2e/x',
    '/orders\\x',
    '/orders;a=b',
  ])('%s is not in normal form and goes nowhere', async (path) => {
    await using system = await startBoth();
    const answer = await sendRaw(system.port, `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('urn:orderflow:problem:invalid-request');
  });

  test('a target in absolute form is taken for its path', async () => {
    await using system = await startBoth();
    const head = 'GET http://elsewhere.test/orders?limit=1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';
    expect(await sendRaw(system.port, head)).toContain('orders GET /orders?limit=1');
  });

  test('a request with two lengths never reaches an upstream', async () => {
    await using system = await startBoth();
    const smuggled =
      'POST /orders HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /';
    expect(await sendRaw(system.port, smuggled)).toMatch(/^HTTP\/1\.1 400 /);
    expect(system.gateway.lines).toEqual([]);
  });
});

describe('request log and metrics', () => {
  test('each request has one line with its facts', async () => {
    await using system = await startBoth();
    const answer = await send(system.port, order);
    const line = await system.gateway.requestLine();
    expect(line).toMatchObject({
      level: 'info',
      msg: 'request',
      method: 'POST',
      route: '/orders',
      status: 200,
      bytes: answer.body.length,
      requestId: answer.headers['x-request-id'],
    });
    expect(line['trace_id']).toMatch(/^[0-9a-f]{32}$/);
    expect(line['durationMs']).toBeGreaterThan(0);
    expect(line).not.toHaveProperty('incomplete');
    expect(system.gateway.lines).toHaveLength(1);
  });

  test('the route label is a template, never a path', async () => {
    await using system = await startBoth();
    for (const path of [`/orders/${id}`, '/orders/another', '/nowhere/1', '/nowhere/2'])
      await send(system.port, { path });
    await system.gateway.requestLine(() => system.gateway.lines.length === 4);
    const count = (route: string) =>
      metricValue(system.gateway, 'http_request_duration_seconds', { route, le: '+Inf' });
    expect(await count('/orders/{orderId}')).toBe(2);
    expect(await count('none')).toBe(2);
    expect(await system.gateway.registry.metrics()).not.toContain('nowhere');
  });

  test('nothing is in flight after the last answer', async () => {
    await using system = await startBoth();
    await send(system.port, order);
    await system.gateway.requestLine();
    expect(await metricValue(system.gateway, 'http_requests_in_flight')).toBe(0);
  });

  test("a client's request id is kept when it is harmless", async () => {
    await using system = await startBoth();
    const kept = await send(system.port, { path: '/', headers: { 'x-request-id': 'abc-123' } });
    expect(kept.headers['x-request-id']).toBe('abc-123');
    for (const hostile of ['a b', '"quoted"', 'x'.repeat(65), '<script>']) {
      const answer = await send(system.port, { path: '/', headers: { 'x-request-id': hostile } });
      expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});
