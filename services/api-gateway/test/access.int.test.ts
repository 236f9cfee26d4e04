import type { IncomingHttpHeaders } from 'node:http';
import { expect, test } from '@jest/globals';
import { apiKeys, bearer, CUSTOMER_KEY, digestOf, STAFF_KEY } from './api-keys.ts';
import { order, send, startGateway, startUpstream } from './harness.ts';

const SHIPMENT = '/orders/019c13ec-9ec5-73ee-8122-a204604d2b9a/shipment';

/** A gateway that asks for keys, in front of services that say yes to all and remember what reached them. */
async function start(overrides: { readonly apiKeys?: undefined } = {}) {
  const received: IncomingHttpHeaders[] = [];
  const upstream = await startUpstream((request, response) => {
    received.push(request.headers);
    request.resume();
    response.end('{}');
  });
  const gateway = await startGateway({ orders: upstream.url, gateway: { apiKeys: apiKeys(), ...overrides } });
  return {
    gateway,
    received,
    post: (path: string, headers: Record<string, string> = {}) =>
      send(gateway.port, { ...order, path, headers: { ...order.headers, ...headers } }),
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

test('a request without a key is answered 401, says which key is asked for, and reaches no service', async () => {
  await using shop = await start();
  const answer = await shop.post('/orders');
  expect(answer.status).toBe(401);
  expect(answer.headers).toMatchObject({
    'content-type': 'application/problem+json',
    'www-authenticate': 'Bearer realm="orderflow"',
  });
  expect(answer.json()).toMatchObject({ type: 'urn:orderflow:problem:unauthenticated', status: 401 });
  expect((await shop.post('/orders', bearer('wrong'))).status).toBe(401);
  expect(shop.received).toEqual([]);
});

test('a key of a customer passes with the scope of that customer, whatever scope the client claims', async () => {
  await using shop = await start();
  const answer = await shop.post('/orders', { ...bearer(CUSTOMER_KEY), 'x-customer-scope': 'somebody-else' });
  expect(answer.status).toBe(200);
  expect(shop.received).toMatchObject([{ 'x-customer-scope': 'customer-1' }]);
});

test('a key of the shop passes without a scope, and without keys nobody can set one', async () => {
  await using shop = await start();
  await shop.post('/orders', { ...bearer(STAFF_KEY), 'x-customer-scope': 'customer-1' });
  await using open = await start({ apiKeys: undefined });
  await open.post('/orders', { 'x-customer-scope': 'customer-1' });
  expect([...shop.received, ...open.received].map((headers) => headers['x-customer-scope'])).toEqual([
    undefined,
    undefined,
  ]);
});

test('a customer who records a shipment or reads the sales is answered 403', async () => {
  await using shop = await start();
  const { port } = shop.gateway;
  const answers = [
    await shop.post(SHIPMENT, bearer(CUSTOMER_KEY)),
    await send(port, { path: '/analytics/sales', headers: bearer(CUSTOMER_KEY) }),
  ];
  for (const answer of answers) {
    expect(answer.status).toBe(403);
    expect(answer.headers['www-authenticate']).toContain('error="insufficient_scope"');
    expect(answer.json()).toMatchObject({ type: 'urn:orderflow:problem:forbidden' });
  }
  expect(shop.received).toEqual([]);
});

test('keys show up nowhere: not in the log, not in an answer, not behind the gateway', async () => {
  await using shop = await start();
  const answers = [
    await shop.post('/orders', bearer(CUSTOMER_KEY)),
    await shop.post(SHIPMENT, bearer(CUSTOMER_KEY)),
    await shop.post('/orders', bearer(STAFF_KEY)),
    await shop.post('/orders', bearer('canary-unknown')),
  ];
  await shop.gateway.requestLine(({ status }) => status === 401);
  const seen = JSON.stringify([shop.gateway.lines, shop.received, answers.map(({ headers, body }) => [headers, body])]);
  for (const secret of ['canary', digestOf(CUSTOMER_KEY), digestOf(STAFF_KEY)]) expect(seen).not.toContain(secret);
  expect(await shop.gateway.requestLine(({ status }) => status === 200)).toMatchObject({ clientId: 'customer-1' });
});

test('the description of the API is there for everybody', async () => {
  await using shop = await start();
  const answer = await send(shop.gateway.port, { path: '/openapi.json' });
  expect(answer.status).toBe(200);
  expect(answer.json()).toMatchObject({ components: { securitySchemes: { apiKey: { scheme: 'bearer' } } } });
});
