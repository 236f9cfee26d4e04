import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testPostgresUrl, until } from '@orderflow/local/testing';
import { KafkajsProducer } from '@orderflow/service-kit/kafka/kafkajs-producer';
import type { OutgoingMessage } from '@orderflow/service-kit/kafka/port';
import { silentLogger } from '@orderflow/service-kit/logger';
import { startOtlpReceiver, type OtlpReceiver } from '../test/traces/otlp-receiver.ts';
import { CLIENT, CONTENT, findLeaks, SECRETS } from './canaries.ts';
import { CanaryTraffic, orderOf } from './canary-traffic.ts';
import { withClient, type DeployedDatabase } from './deployed-database.ts';
import { everythingTold, textOf } from './everything-told.ts';
import { ORDER_EVENTS } from './kafka-rights.ts';
import { ROOT } from './secured-kafka.ts';
import { startSecuredPlatform, type SecuredPlatform } from './secured-platform.ts';

const TIMEOUT_MS = 240_000;

let receiver: OtlpReceiver;
let platform: SecuredPlatform;
let traffic: CanaryTraffic;

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  platform = await startSecuredPlatform({
    secrets: SECRETS,
    customerId: CLIENT,
    env: {
      LOG_LEVEL: 'trace',
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '200',
    },
  });
  traffic = new CanaryTraffic(platform.services.gateway.url);
}, TIMEOUT_MS);

afterAll(async () => {
  await platform?.[Symbol.asyncDispose]();
  await receiver?.[Symbol.asyncDispose]();
}, TIMEOUT_MS);

/** Canaries in anything that the platform has told anybody so far. */
async function leaks(): Promise<readonly string[]> {
  return findLeaks([...traffic.answers, ...(await everythingTold(platform, receiver))]);
}

async function asSuperuser(database: DeployedDatabase, ...statements: readonly string[]): Promise<void> {
  const url = new URL(testPostgresUrl());
  url.pathname = `/${database.name}`;
  await withClient(url.href, async (client) => {
    for (const statement of statements) await client.query(statement);
  });
}

async function countRows(database: DeployedDatabase, table: string): Promise<number> {
  return withClient(database.urlOf('owner'), async (client) => {
    const { rows } = await client.query<{ rows: number }>(`SELECT count(*)::int AS rows FROM ${table}`);
    return rows[0]?.rows ?? 0;
  });
}

async function untilRows(table: string, count: number): Promise<void> {
  await until(async () => (await countRows(platform.analytics, table)) === count, {
    what: `${count} rows in ${table}`,
    timeoutMs: 60_000,
  });
}

test(
  'orders that go well are told to who may ask for them, and to nobody else',
  async () => {
    const [kept, dropped] = [await traffic.placeOrder(), await traffic.placeOrder()];
    await traffic.ask(200, { path: `/orders/${kept}/payment`, method: 'POST' });
    await traffic.ask(200, { path: `/orders/${kept}/shipment`, method: 'POST' });
    await traffic.ask(200, { path: `/orders/${dropped}/cancellation`, method: 'POST' });
    await traffic.ask(200, { path: `/orders/${kept}` });
    await traffic.ask(200, { path: `/orders?customerId=${CONTENT.customer}` });
    await traffic.ask(201, { key: SECRETS.customerKey, body: orderOf(CLIENT) });
    await untilRows('processed_events', 6);
    await traffic.ask(200, { path: '/analytics/sales' });
    const kinds = ['POST /orders', 'insert order', 'apply events'];
    await until(() => kinds.every((kind) => receiver.spans.some(({ name }) => name === kind)), {
      what: 'spans of every kind have arrived',
      timeoutMs: 60_000,
    });
    expect(await leaks()).toEqual([]);
  },
  TIMEOUT_MS,
);

test(
  'requests that are refused tell nothing of what they held',
  async () => {
    const order = orderOf(CONTENT.customer);
    const key = `${CONTENT.idempotencyKey}-reused`;
    await traffic.ask(201, { body: order, headers: { 'idempotency-key': key } });
    await traffic.ask(422, { body: orderOf(CONTENT.customer, 'other'), headers: { 'idempotency-key': key } });
    await traffic.ask(400, { body: `{"customerId": "${CONTENT.customer}", ${CONTENT.name}` });
    await traffic.ask(400, { body: CONTENT.email });
    await traffic.ask(400, {
      body: { ...order, items: [{ productId: '', quantity: CONTENT.email, price: CONTENT.name }] },
    });
    await traffic.ask(400, { body: { ...orderOf(CONTENT.customer.repeat(50)), email: CONTENT.email } });
    await traffic.ask(400, { body: order, headers: { 'idempotency-key': `${CONTENT.idempotencyKey} \u00e9` } });
    await traffic.ask(401, { key: CONTENT.wrongKey, body: order });
    await traffic.ask(403, { key: SECRETS.customerKey, body: order });
    await traffic.ask(403, { key: SECRETS.customerKey, path: `/analytics/sales?top=${CONTENT.query}` });
    await traffic.ask(400, { path: `/orders?limit=${CONTENT.query}` });
    await traffic.ask(400, { path: `/orders?cursor=${CONTENT.query}` });
    await traffic.ask(404, { path: `/nothing?token=${CONTENT.query}` });
    await traffic.ask(404, { path: `/orders/${randomUUID()}?token=${CONTENT.query}` });
    expect(await leaks()).toEqual([]);
  },
  TIMEOUT_MS,
);

test(
  'poison in the topic and a forged event are reported without their content',
  async () => {
    const orderId = await traffic.placeOrder();
    const dead = await countRows(platform.analytics, 'dead_letters');
    const forged = {
      eventId: randomUUID(),
      eventType: 'PAYMENT_COMPLETED',
      orderId,
      customerId: CONTENT.forgedCustomer,
      totalPrice: 12.34,
      timestamp: new Date().toISOString(),
      version: 1,
      sequence: 2,
    };
    const poison = { key: CONTENT.poison, headers: { traceparent: CONTENT.header, 'x-email': CONTENT.email } };
    const messages: OutgoingMessage[] = [
      { ...poison, value: CONTENT.poison },
      { ...poison, value: `{"name": "${CONTENT.name}"` },
      { ...poison, value: JSON.stringify({ ...forged, eventType: CONTENT.poison, [CONTENT.email]: 1 }) },
      { ...poison, value: JSON.stringify({ ...forged, totalPrice: CONTENT.poison }) },
      { ...poison, value: JSON.stringify(forged) },
      { ...poison, value: null },
      { key: orderId, value: JSON.stringify(forged) },
    ];
    const producer = new KafkajsProducer(platform.kafka.connectionOf(ROOT), { logger: silentLogger() });
    for (const message of messages) await producer.sendBatch(ORDER_EVENTS, [message]);
    await producer.stop();
    await untilRows('dead_letters', dead + messages.length - 1);
    await until(async () => (await verdict()).includes('another customer'), {
      what: 'the auditor has seen what was forged',
      timeoutMs: 60_000,
    });
    expect(await leaks()).toEqual([]);
  },
  TIMEOUT_MS,
);

const verdict = (): Promise<string> => textOf(`${platform.services.auditor.url}/verdict`);

test(
  'rows and logins that a database refuses are reported without what they held',
  async () => {
    const { orders, analytics } = platform;
    await asSuperuser(orders, `ALTER TABLE orders ADD CHECK (customer_id <> '${CONTENT.refusedCustomer}')`);
    await traffic.ask(500, { body: orderOf(CONTENT.refusedCustomer) });
    const check = `CHECK (product_id <> '${CONTENT.refusedProduct}')`;
    await asSuperuser(analytics, `ALTER TABLE sales_by_product ADD ${check}`);
    const dead = await countRows(analytics, 'dead_letters');
    await traffic.placeOrder(CONTENT.refusedProduct);
    await untilRows('dead_letters', dead + 1);

    const runtime = orders.nameOf('runtime');
    const cutOff = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${runtime}'`;
    await asSuperuser(orders, `ALTER ROLE ${runtime} PASSWORD 'changed'`, cutOff);
    await traffic.ask(500, { body: orderOf(CONTENT.customer) });
    await asSuperuser(orders, `ALTER ROLE ${runtime} PASSWORD '${SECRETS.ordersPassword}'`);
    await traffic.placeOrder();
    expect(await leaks()).toEqual([]);
  },
  TIMEOUT_MS,
);

test('a visitor without the password of the console is told nothing', async () => {
  const password = Buffer.from(`anybody:${CONTENT.wrongKey}`).toString('base64');
  const text = await textOf(platform.services.console.url, { authorization: `Basic ${password}` });
  expect(findLeaks([{ where: 'the page', text }])).toEqual([]);
});

test.each<[string, Readonly<Record<string, string>>]>([
  ['order-service/src/main.ts', { DATABASE_URL: `mysql://me:${CONTENT.wrongSetting}@localhost/orders` }],
  ['event-processor/src/main.ts', { DATABASE_URL: 'x', KAFKA_SASL_PASSWORD: CONTENT.wrongSetting }],
  ['api-gateway/src/main.ts', { API_KEYS: `warehouse staff ${CONTENT.wrongSetting}` }],
  ['console/src/main.ts', { CONSOLE_API_KEY: CONTENT.wrongSetting, CONSOLE_POLL_MS: CONTENT.wrongSetting }],
  ['auditor/src/serve-main.ts', { ORDERS_DATABASE_URL: CONTENT.wrongSetting }],
  ['load-generator/src/main.ts', { LOADGEN_API_KEY: CONTENT.wrongSetting, LOADGEN_RATE: CONTENT.wrongSetting }],
])('%s says which settings it refuses, and not what they are', async (program, env) => {
  const text = await refusalOf(program, env);
  expect(text).toMatch(/must be|is required/);
  expect(findLeaks([{ where: program, text }])).toEqual([]);
});

test('a migration whose password is refused says so without it', async () => {
  const url = new URL(platform.orders.urlOf('owner'));
  url.password = CONTENT.wrongSetting;
  const text = await refusalOf('order-service/src/migrate-main.ts', { DATABASE_URL: url.href });
  expect(text).toContain('password authentication failed');
  expect(findLeaks([{ where: 'the migration', text }])).toEqual([]);
});

/** What a program that must fail writes. */
async function refusalOf(program: string, env: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((resolve, reject) => {
    const path = join(import.meta.dirname, '..', 'services', program);
    execFile(process.execPath, [path], { env, timeout: 30_000 }, (error, stdout, stderr) => {
      if (typeof error?.code === 'number') resolve(stdout + stderr);
      else reject(new Error(`${program} did not refuse`, { cause: error }));
    });
  });
}
