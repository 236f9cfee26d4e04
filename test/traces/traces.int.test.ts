import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testPostgresUrl, until } from '@orderflow/local/testing';
import { startOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from './otlp-receiver.ts';
import { startTracedServices, type TracedServices } from './traced-services.ts';

const SERVER = 2;
const PRODUCER = 4;
const CONSUMER = 5;
const TIMEOUT_MS = 120_000;

/** None of these may be seen anywhere. */
const CANARIES = {
  authorization: 'canary-authorization-6f1c',
  idempotencyKey: 'canary-idempotency-key-77d2',
  product: 'canary-product-19ab',
  baggage: 'canary-baggage-b2e4',
} as const;

const CALLER = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };

let receiver: OtlpReceiver;
let services: TracedServices;

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  services = await startTracedServices({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '200',
    },
  });
}, TIMEOUT_MS);

afterAll(async () => {
  await services?.[Symbol.asyncDispose]();
  await receiver?.[Symbol.asyncDispose]();
}, TIMEOUT_MS);

let placed = 0;

async function placeOrder(headers: Readonly<Record<string, string>> = {}): Promise<string> {
  placed += 1;
  const response = await fetch(`${services.gateway.url}/orders`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${CANARIES.authorization}`,
      'idempotency-key': `${CANARIES.idempotencyKey}-${placed}`,
      ...headers,
    },
    body: JSON.stringify({
      customerId: 'customer-1',
      items: [{ productId: CANARIES.product, quantity: 1, price: 12.34 }],
    }),
  });
  expect(response.status).toBe(201);
  return ((await response.json()) as { orderId: string }).orderId;
}

async function placeOrders(count: number): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, () => placeOrder()));
}

const processSpanOf = (orderId: string): ReceivedSpan | undefined =>
  receiver.spans.find(
    ({ kind, attributes }) => kind === CONSUMER && attributes['messaging.kafka.message.key'] === orderId,
  );

async function untilTraced(orderIds: readonly string[]): Promise<void> {
  const isWhole = (orderId: string): boolean => {
    const traceId = processSpanOf(orderId)?.traceId;
    const ofTrace = receiver.spans.filter((span) => span.traceId === traceId);
    return new Set(ofTrace.map(({ kind, service }) => `${service} ${kind}`)).size >= 4 && sqlOf(orderId).length > 0;
  };
  await until(() => orderIds.every(isWhole), { timeoutMs: 30_000, what: 'the traces of all orders' });
}

/** The statements of the batch in which an order's event was applied. */
function sqlOf(orderId: string): ReceivedSpan[] {
  const process = processSpanOf(orderId);
  const batch = receiver.spans.find(
    ({ name, spanId }) => name === 'apply events' && process?.links?.some((link) => link.spanId === spanId) === true,
  );
  const work = batch ?? process;
  return receiver.spans.filter(
    ({ service, parentSpanId }) => service === 'event-processor' && work !== undefined && parentSpanId === work.spanId,
  );
}

/** gateway -> order service -> { send, process }, all in one trace. */
function expectOneTrace(orderId: string): void {
  const process = processSpanOf(orderId);
  const trace = receiver.spans.filter(({ traceId }) => traceId === process?.traceId);
  const only = (service: string, kind: number): ReceivedSpan => {
    const found = trace.filter((span) => span.service === service && span.kind === kind);
    expect(found).toHaveLength(1);
    return found[0]!;
  };
  const gateway = only('api-gateway', SERVER);
  const orders = trace.find(({ service, kind }) => service === 'order-service' && kind === SERVER)!;
  const send = only('order-service', PRODUCER);
  expect(gateway.parentSpanId ?? '').toBe('');
  expect(gateway.name).toBe('POST /orders');
  expect(orders.parentSpanId).toBe(gateway.spanId);
  expect(orders.name).toBe('POST /orders');
  expect(send.parentSpanId).toBe(orders.spanId);
  // The message carries the row's context, not that of the span which sent it.
  expect(process?.parentSpanId).toBe(orders.spanId);
  expect(
    trace.filter(({ name, parentSpanId }) => name === 'insert order' && parentSpanId === orders.spanId),
  ).toHaveLength(1);
  expect(sqlOf(orderId).map(({ attributes }) => attributes['db.system.name'])).toContain('postgresql');
}

test(
  'every order is one trace from the gateway to analytics, also when the publisher is killed in between',
  async () => {
    const before = await placeOrders(15);
    await untilTraced(before);
    services.publisher.kill('SIGKILL');
    await services.publisher.process.exited;
    const meanwhile = await placeOrders(15);
    await services.publisher.restart();
    await untilTraced(meanwhile);
    for (const orderId of [...before, ...meanwhile]) expectOneTrace(orderId);
  },
  TIMEOUT_MS,
);

test(
  'the request to Kafka has a span of its own that links to the orders and is linked from their messages',
  async () => {
    const orderIds = await placeOrders(5);
    await untilTraced(orderIds);
    for (const orderId of orderIds) {
      const orders = receiver.spans.find(({ spanId }) => spanId === processSpanOf(orderId)?.parentSpanId);
      const send = receiver.spans.find(
        ({ kind, parentSpanId }) => kind === PRODUCER && parentSpanId === orders?.spanId,
      );
      const publish = receiver.spans.find(({ spanId }) => spanId === send?.links?.[0]?.spanId);
      expect(publish?.name).toMatch(/^publish /);
      expect(publish?.links).toContainEqual(expect.objectContaining({ spanId: orders?.spanId }));
    }
  },
  TIMEOUT_MS,
);

test(
  "a stranger's trace is linked and not continued, and his baggage goes no further",
  async () => {
    const orderId = await placeOrder({
      traceparent: `00-${CALLER.traceId}-${CALLER.spanId}-00`,
      tracestate: 'stranger=1',
      baggage: `user=${CANARIES.baggage}`,
    });
    await untilTraced([orderId]);
    expectOneTrace(orderId);
    const { traceId } = processSpanOf(orderId)!;
    expect(traceId).not.toBe(CALLER.traceId);
    const gateway = receiver.spans.find((span) => span.traceId === traceId && span.service === 'api-gateway');
    expect(gateway?.links).toEqual([expect.objectContaining(CALLER)]);
  },
  TIMEOUT_MS,
);

test(
  'log lines carry the ids of their trace, and nothing is traced that is no order',
  async () => {
    const orderId = await placeOrder();
    await untilTraced([orderId]);
    const traceId = processSpanOf(orderId)?.traceId;
    const gateway = receiver.spans.find((span) => span.traceId === traceId && span.service === 'api-gateway');
    const line = (): string | undefined =>
      readFileSync(services.gateway.logFile, 'utf8')
        .split('\n')
        .find((text) => text.includes(`"trace_id":"${traceId}"`));
    await until(() => line() !== undefined, { timeoutMs: 10_000, what: 'the line of the request' });
    expect(JSON.parse(line()!)).toMatchObject({ trace_id: traceId, span_id: gateway?.spanId, msg: 'request' });
    const roots = receiver.spans.filter(({ parentSpanId }) => (parentSpanId ?? '') === '');
    const kinds = new Set(roots.map(({ name }) => (name.startsWith('publish ') ? 'publish' : name)));
    for (const kind of ['POST /orders', 'publish', 'insert orders', 'apply events']) kinds.delete(kind);
    expect([...kinds]).toEqual([]);
  },
  TIMEOUT_MS,
);

test('every process says at its start that all it uses is traced', () => {
  const reported = (service: keyof TracedServices): unknown =>
    readFileSync((services[service] as { logFile: string }).logFile, 'utf8')
      .split('\n')
      .filter((line) => line.includes('tracing is on'))
      .map((line) => JSON.parse(line) as { level: string; patched: string[] })
      .map(({ level, patched }) => [level, patched.toSorted()])[0];
  expect(reported('gateway')).toEqual(['info', ['express', 'http', 'pino']]);
  expect(reported('orders')).toEqual(['info', ['express', 'http', 'kafkajs', 'pg', 'pino']]);
  expect(reported('processor')).toEqual(['info', ['express', 'http', 'kafkajs', 'pg', 'pino']]);
});

test('no secret, no key and no payload is in any span or log', () => {
  const logs = [services.gateway, services.orders, services.publisher, services.processor].map(({ logFile }) =>
    readFileSync(logFile, 'utf8'),
  );
  const everything = [...receiver.bodies, ...logs].join('\n');
  expect(receiver.spans.length).toBeGreaterThan(100);
  const { password } = new URL(testPostgresUrl());
  expect(password.length).toBeGreaterThan(8);
  for (const canary of [...Object.values(CANARIES), password, 'customer-1']) expect(everything).not.toContain(canary);
});
