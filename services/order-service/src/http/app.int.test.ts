import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connect } from 'node:net';
import { newId } from '@orderflow/contracts/ids';
import { until } from '@orderflow/local/testing';
import { systemClock } from '@orderflow/service-kit/clock';
import { createHttpMetrics } from '@orderflow/service-kit/http-metrics';
import { HttpServer } from '@orderflow/service-kit/http-server';
import { silentLogger } from '@orderflow/service-kit/logger';
import { Registry } from '@orderflow/service-kit/metrics';
import { createOrderDatabase, type OrderDatabase } from '../../test/order-database.ts';
import { SAMPLE_REQUEST, SAMPLE_TOTAL } from '../../test/orders.ts';
import { OrderIntake } from '../intake/order-intake.ts';
import { insertOrders } from '../store/insert-orders.ts';
import { moveOrder } from '../store/move-order.ts';
import { listOrders, readOrder, readOrderDetail } from '../store/read-orders.ts';
import { transitionOrder } from '../transition-order.ts';
import { createOrderApi } from './app.ts';

let database: OrderDatabase;
const registry = new Registry();
let server: HttpServer;
let base: string;

beforeAll(async () => {
  database = await createOrderDatabase();
  const { pool } = database;
  const intake = new OrderIntake(
    { groupSize: 64, lingerMs: 1, lanes: 2, queueLimit: 1_000, retryForMs: 1_000 },
    { insert: (group) => insertOrders(pool, group), clock: systemClock },
  );
  const handler = createOrderApi(
    {
      placement: intake,
      listOrders: (filter) => listOrders(pool, filter),
      readOrder: (orderId) => readOrderDetail(pool, orderId),
      transition: (request) =>
        transitionOrder(
          {
            readOrder: (orderId) => readOrder(pool, orderId),
            moveOrder: (order, event) => moveOrder(pool, order, event),
            clock: systemClock,
          },
          request,
        ),
      metrics: createHttpMetrics(registry),
      logger: silentLogger(),
    },
    { maxBodyBytes: 65_536 },
  );
  server = new HttpServer({ name: 'api', host: '127.0.0.1', port: 0, handler });
  await server.start();
  base = `http://127.0.0.1:${server.port}`;
});

afterAll(async () => {
  await server.stop();
  await database[Symbol.asyncDispose]();
});

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- each test knows the body that it asks for
  readonly body: any;
}

async function call(method: string, path: string, init: { body?: unknown; headers?: Record<string, string> } = {}) {
  const { body, headers } = init;
  const response = await fetch(`${base}${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const answer: Answer = {
    status: response.status,
    headers: response.headers,
    body: text === '' ? undefined : JSON.parse(text),
  };
  return answer;
}

async function placeSample(): Promise<string> {
  const { body } = await call('POST', '/orders', { body: SAMPLE_REQUEST });
  return body.orderId as string;
}

const countOf = async (table: string, orderId: string): Promise<number> => {
  const { rows } = await database.pool.query(`SELECT count(*)::int AS n FROM ${table} WHERE order_id = $1`, [orderId]);
  return rows[0].n;
};

describe('POST /orders', () => {
  test('answers 201 with the total that the server computed, and the order is durable with one outbox row', async () => {
    const { status, body, headers } = await call('POST', '/orders', { body: { ...SAMPLE_REQUEST, totalPrice: 1 } });
    expect(status).toBe(201);
    expect(body).toEqual({
      orderId: expect.any(String),
      status: 'CREATED',
      totalPrice: SAMPLE_TOTAL,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    expect(headers.get('location')).toBe(`/orders/${body.orderId}`);
    expect(await countOf('orders', body.orderId)).toBe(1);
    expect(await countOf('event_outbox', body.orderId)).toBe(1);
  });

  test('the outbox row carries the trace of the request', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const tracestate = 'vendor=opaque';
    const { body } = await call('POST', '/orders', { body: SAMPLE_REQUEST, headers: { traceparent, tracestate } });
    await call('POST', `/orders/${body.orderId}/payment`, { headers: { traceparent } });
    const { rows } = await database.pool.query(
      'SELECT traceparent, tracestate FROM event_outbox WHERE order_id = $1 ORDER BY id',
      [body.orderId],
    );
    expect(rows).toEqual([
      { traceparent, tracestate },
      { traceparent, tracestate: null },
    ]);
  });

  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  const item = SAMPLE_REQUEST.items[0];
  const withItem = (change: object) => ({ customerId: 'c', items: [{ ...item, ...change }] });
  test.each<[string, unknown, number]>([
    ['text that is not JSON', '{"customerId":', 400],
    ['an empty body', ' ', 400],
    ['null', 'null', 400],
    ['an array', [], 400],
    ['a deeply nested body', deep, 400],
    ['a deeply nested field', `{"customerId":${deep},"items":[]}`, 400],
    ['no items', { customerId: 'c', items: [] }, 400],
    ['101 items', { customerId: 'c', items: Array.from({ length: 101 }, () => item) }, 400],
    ['10,000 items', { customerId: 'c', items: Array.from({ length: 10_000 }, () => item) }, 413],
    ['a huge body', `"${'x'.repeat(70_000)}"`, 413],
    ['a customer that is a number', { ...SAMPLE_REQUEST, customerId: 7 }, 400],
    ['a customer with a NUL', { ...SAMPLE_REQUEST, customerId: 'a\u0000b' }, 400],
    [
      'a customer with half a surrogate pair',
      '{"customerId":"\\ud800","items":[{"productId":"p","quantity":1,"price":1}]}',
      400,
    ],
    ['a product that is an object', withItem({ productId: {} }), 400],
    ['a negative price', withItem({ price: -1 }), 400],
    ['a price with three decimals', withItem({ price: 1.005 }), 400],
    ['a price as text', withItem({ price: '1.00' }), 400],
    ['a price beyond all money', '{"customerId":"c","items":[{"productId":"p","quantity":1,"price":1e999}]}', 400],
    ['half a thing', withItem({ quantity: 0.5 }), 400],
    ['no thing', withItem({ quantity: 0 }), 400],
    ['less than no thing', withItem({ quantity: -1 }), 400],
  ])('refuses %s', async (_what, body, expected) => {
    const answer = await call('POST', '/orders', { body });
    expect(answer.status).toBe(expected);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body).toMatchObject({ status: expected, type: expect.stringContaining('urn:orderflow:problem:') });
    expect(JSON.stringify(answer.body)).not.toMatch(/at .*\.ts:|node_modules/);
  });

  test('__proto__ in a body changes nothing but itself', async () => {
    const body =
      '{"__proto__":{"admin":true},"customerId":"c","items":[{"productId":"p","quantity":1,"price":1,"__proto__":{"x":1}}]}';
    const { status, body: receipt } = await call('POST', '/orders', { body });
    expect(status).toBe(201);
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
    const { body: detail } = await call('GET', `/orders/${receipt.orderId}`);
    expect(detail.items).toEqual([{ productId: 'p', quantity: 1, price: 1 }]);
  });

  test('refuses other media types', async () => {
    const answer = await call('POST', '/orders', { body: SAMPLE_REQUEST, headers: { 'content-type': 'text/plain' } });
    expect(answer.status).toBe(415);
  });

  test('a client that goes away in the middle of its body leaves nothing behind', async () => {
    const { rows: before } = await database.pool.query('SELECT count(*)::int AS n FROM orders');
    const socket = connect(server.port, '127.0.0.1');
    socket.write(
      'POST /orders HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"cust',
    );
    await new Promise((resolve) => setImmediate(resolve));
    socket.destroy();
    await placeSample();
    const { rows: after } = await database.pool.query('SELECT count(*)::int AS n FROM orders');
    expect(after[0].n).toBe(before[0].n + 1);
  });
});

describe('Idempotency-Key', () => {
  const place = (key: string, body: unknown = SAMPLE_REQUEST) =>
    call('POST', '/orders', { body, headers: { 'idempotency-key': key } });

  test('the same key and body give the same answer, and one order', async () => {
    const key = newId();
    const [first, second] = [await place(key), await place(key)];
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(await countOf('event_outbox', first.body.orderId)).toBe(1);
  });

  test('the answer stays the first one after the order has moved on', async () => {
    const key = newId();
    const first = await place(key);
    await call('POST', `/orders/${first.body.orderId}/payment`);
    expect((await place(key)).body).toEqual(first.body);
  });

  test('the same key with another body is 422', async () => {
    const key = newId();
    await place(key);
    const second = await place(key, { ...SAMPLE_REQUEST, customerId: 'somebody-else' });
    expect(second.status).toBe(422);
    expect(second.body.type).toBe('urn:orderflow:problem:idempotency-key-reused');
  });

  test('any number of requests at once with a few keys make one order per key', async () => {
    const keys = Array.from({ length: 5 }, () => newId());
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => place(keys[i % keys.length] ?? '')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body }) => body.orderId)).size).toBe(keys.length);
  });

  test('requests at once with one key and two bodies: one body wins, the other is told 422', async () => {
    const key = newId();
    const other = { ...SAMPLE_REQUEST, customerId: 'other' };
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => place(key, i % 2 === 0 ? SAMPLE_REQUEST : other)),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(20);
    expect(answers.filter(({ status }) => status === 422)).toHaveLength(20);
    expect(new Set(answers.flatMap(({ status, body }) => (status === 201 ? [body.orderId] : []))).size).toBe(1);
  });

  test('a key that is not one is refused', async () => {
    expect((await place('x'.repeat(300))).status).toBe(400);
  });
});

describe('transitions', () => {
  test('an order is paid, then shipped, with one event each', async () => {
    const orderId = await placeSample();
    const paid = await call('POST', `/orders/${orderId}/payment`);
    expect(paid).toMatchObject({ status: 200, body: { orderId, status: 'PAID', totalPrice: SAMPLE_TOTAL } });
    expect((await call('POST', `/orders/${orderId}/shipment`)).body.status).toBe('SHIPPED');
    const { rows } = await database.pool.query(
      'SELECT event_type, payload::jsonb -> $2 AS sequence FROM event_outbox WHERE order_id = $1 ORDER BY id',
      [orderId, 'sequence'],
    );
    expect(rows).toEqual([
      { event_type: 'ORDER_CREATED', sequence: 1 },
      { event_type: 'PAYMENT_COMPLETED', sequence: 2 },
      { event_type: 'ORDER_SHIPPED', sequence: 3 },
    ]);
  });

  test('a transition that is not allowed is 409 and writes nothing', async () => {
    const orderId = await placeSample();
    const answer = await call('POST', `/orders/${orderId}/shipment`);
    expect(answer).toMatchObject({ status: 409, body: { type: 'urn:orderflow:problem:transition-not-allowed' } });
    expect(await countOf('event_outbox', orderId)).toBe(1);
  });

  test('of many at once exactly one wins each step', async () => {
    const orderId = await placeSample();
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        call('POST', `/orders/${orderId}/${i % 2 === 0 ? 'payment' : 'cancellation'}`),
      ),
    );
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
    const { body } = await call('GET', `/orders/${orderId}`);
    const moves = answers.filter(({ status }) => status === 200).length;
    expect(await countOf('event_outbox', orderId)).toBe(1 + moves);
    expect(body.status).toBe('CANCELLED');
  });

  test.each(['payment', 'shipment', 'cancellation'])(
    '%s of an order that does not exist is 404',
    async (transition) => {
      expect((await call('POST', `/orders/${newId()}/${transition}`)).status).toBe(404);
      expect((await call('POST', `/orders/not-an-id/${transition}`)).status).toBe(400);
    },
  );
});

describe('reading', () => {
  test('an order reads back with its items', async () => {
    const orderId = await placeSample();
    const { status, body } = await call('GET', `/orders/${orderId}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ ...SAMPLE_REQUEST, orderId, status: 'CREATED', totalPrice: SAMPLE_TOTAL });
  });

  test('404 for an order that does not exist, 400 for what is no id', async () => {
    expect((await call('GET', `/orders/${newId()}`)).status).toBe(404);
    expect((await call('GET', '/orders/7')).status).toBe(400);
    expect((await call('GET', '/orders/%E0%A4%A')).status).toBe(400);
  });

  test('pages walk every order of a customer once, newest first, while new ones come in', async () => {
    const customerId = `pager-${newId()}`;
    const body = { ...SAMPLE_REQUEST, customerId };
    const placed: string[] = [];
    for (let i = 0; i < 7; i += 1) placed.unshift((await call('POST', '/orders', { body })).body.orderId);
    const seen: string[] = [];
    let path: string | undefined = `/orders?limit=3&customerId=${customerId}`;
    while (path !== undefined) {
      const page: Answer = await call('GET', path);
      expect(page.status).toBe(200);
      for (const order of page.body) {
        expect(Object.keys(order).toSorted()).toEqual(['createdAt', 'customerId', 'orderId', 'status', 'totalPrice']);
        seen.push(order.orderId);
      }
      await call('POST', '/orders', { body });
      path = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
    }
    expect(seen).toEqual(placed);
  });

  test('filters by status', async () => {
    const customerId = `filter-${newId()}`;
    const ids: string[] = [];
    for (let i = 0; i < 3; i += 1) {
      ids.push((await call('POST', '/orders', { body: { ...SAMPLE_REQUEST, customerId } })).body.orderId);
    }
    await call('POST', `/orders/${ids[1]}/payment`);
    const { body } = await call('GET', `/orders?customerId=${customerId}&status=PAID`);
    expect(body.map(({ orderId }: { orderId: string }) => orderId)).toEqual([ids[1]]);
  });

  test.each(['limit=0', 'limit=1000', 'cursor=zzz', 'status=LOST'])('refuses ?%s', async (query) => {
    expect((await call('GET', `/orders?${query}`)).status).toBe(400);
  });
});

describe('metrics', () => {
  /** Lines of the metrics that hold the text; a request is counted a moment after its answer. */
  const linesWith = async (text: string): Promise<string[]> => {
    const find = async (): Promise<string[]> =>
      (await registry.metrics()).split('\n').filter((line) => line.includes(text));
    return until(find, { what: text, isDone: ({ length }) => length > 0 });
  };

  test('count by the template of a path, as OpenAPI writes it', async () => {
    await call('GET', `/orders/${newId()}`);
    const counts = await linesWith('http_request_duration_seconds_count{route="/orders/{orderId}",method="GET",');
    expect(counts.join('\n')).toContain('status="4xx"');
  });

  test('name the trace of an order', async () => {
    const traceId = '5af7651916cd43dd8448eb211c80319c';
    const named = async (): Promise<boolean> => {
      const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
      await call('POST', '/orders', { body: SAMPLE_REQUEST, headers });
      return (await registry.metrics()).includes(traceId);
    };
    await until(named, { what: 'one in a second is named', intervalMs: 100 });
    expect((await linesWith(`trace_id="${traceId}"`))[0]).toMatch(/^http_request_duration_seconds_bucket{/);
  });
});

describe('everything else', () => {
  test.each([
    ['DELETE', '/orders', 405],
    ['PUT', `/orders/${newId()}`, 405],
    ['GET', `/orders/${newId()}/payment`, 405],
    ['GET', '/nothing', 404],
  ])('%s %s is %d with a problem', async (method, path, expected) => {
    const answer = await call(method, path);

    expect(answer.status).toBe(expected);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });
});

describe('a request with the scope of a customer', () => {
  const scoped = { 'x-customer-scope': 'scoped-1' };
  const own = { ...SAMPLE_REQUEST, customerId: 'scoped-1' };
  const foreign = { ...SAMPLE_REQUEST, customerId: 'scoped-2' };
  const place = async (body: object, headers: Record<string, string> = {}): Promise<string> =>
    (await call('POST', '/orders', { body, headers })).body.orderId as string;

  test('places orders of that customer and of nobody else', async () => {
    expect(await call('POST', '/orders', { body: own, headers: scoped })).toMatchObject({ status: 201 });
    expect(await call('POST', '/orders', { body: foreign, headers: scoped })).toMatchObject({
      status: 403,
      body: { type: 'urn:orderflow:problem:forbidden' },
    });
  });

  test('lists the orders of that customer, and refuses to list those of another', async () => {
    await Promise.all([place(own), place(foreign)]);
    const { body } = await call('GET', '/orders?limit=500', { headers: scoped });
    expect(new Set(body.map(({ customerId }: { customerId: string }) => customerId))).toEqual(new Set(['scoped-1']));
    const page = await call('GET', '/orders?limit=1', { headers: scoped });
    expect(page.headers.get('link')).toContain('customerId=scoped-1');
    expect(await call('GET', '/orders?customerId=scoped-2', { headers: scoped })).toMatchObject({ status: 403 });
  });

  test('finds no order of another customer, to read or to change, and leaves it as it is', async () => {
    const orderId = await place(foreign);
    const path = `/orders/${orderId}`;
    expect(await call('GET', path, { headers: scoped })).toMatchObject({ status: 404 });
    for (const transition of ['payment', 'shipment', 'cancellation']) {
      const answer = await call('POST', `${path}/${transition}`, { headers: scoped });
      expect(answer).toMatchObject({ status: 404, body: { type: 'urn:orderflow:problem:order-not-found' } });
    }
    expect(await call('GET', path)).toMatchObject({ status: 200, body: { status: 'CREATED' } });
    expect(await countOf('event_outbox', orderId)).toBe(1);
  });

  test('reads and changes the own orders', async () => {
    const orderId = await place(own, scoped);
    expect(await call('POST', `/orders/${orderId}/payment`, { headers: scoped })).toMatchObject({ status: 200 });
    expect(await call('GET', `/orders/${orderId}`, { headers: scoped })).toMatchObject({ body: { status: 'PAID' } });
  });

  test('has idempotency keys of its own: no customer can take or find out those of another', async () => {
    const key = newId();
    const first = await place(own, { ...scoped, 'idempotency-key': key });
    const other = { 'x-customer-scope': 'scoped-2', 'idempotency-key': key };
    const second = await call('POST', '/orders', { body: foreign, headers: other });
    expect(second.status).toBe(201);
    expect(second.body.orderId).not.toBe(first);
    expect(await place(own, { ...scoped, 'idempotency-key': key })).toBe(first);
  });
});
