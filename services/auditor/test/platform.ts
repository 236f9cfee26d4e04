import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { decimalFromCents } from '@orderflow/contracts/money';
import { createTestDatabase, createTestTopic, testKafka, type TestDatabase } from '@orderflow/local/testing';
import { ORDER_MIGRATIONS } from '@orderflow/order-service/migrations';
import { ANALYTICS_MIGRATIONS } from '@orderflow/event-processor/migrations';
import { readConfig } from '@orderflow/service-kit/config';
import { createKafka } from '@orderflow/service-kit/kafka/kafkajs-client';
import { silentLogger } from '@orderflow/service-kit/logger';
import { migrate, type MigrationSource } from '@orderflow/service-kit/migrations';
import { postgresEnv } from '@orderflow/service-kit/postgres';
import { Client } from 'pg';
import { z } from 'zod';
import type { AuditReport } from '../src/audit.ts';
import { orderLinesFrom, type ItemsText } from '../src/items-text.ts';
import type { Receipts, StateChange } from '../src/observations.ts';
import type { World } from './world.ts';

const AUDITOR = join(import.meta.dirname, '..', 'src', 'main.ts');
const GROUP = 'event-processor';
const connection = () => ({ bootstrapServers: [testKafka()], clientId: 'auditor-test' });

/**
 * The databases, the topic and the journal of one platform. Making databases takes seconds, so that tests share one and
 * fill it anew.
 */
export interface TestPlatform extends AsyncDisposable {
  readonly orders: Client;
  readonly analytics: Client;
  /** The options that name the databases, the brokers and the topic. */
  sources(): readonly string[];
  readonly receiptsPath: string;
  /** Makes everything as the world says. The consumer group has read a shared topic to its end, a new one not at all. */
  fill(world: World, topic?: 'shared' | 'new'): Promise<void>;
  /** Appends to a new topic, without anybody having asked for it. */
  send(message: { readonly key: string; readonly value: string }): Promise<void>;
  /** Runs the command against this platform; later arguments win. */
  verify(...args: string[]): Promise<Verdict>;
}

export interface Verdict {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly report: AuditReport | undefined;
}

/** The world must have its topic in one partition. */
export async function createPlatform(world: World): Promise<TestPlatform> {
  const databases = {
    orders: await createTestDatabase({ migrate: (url) => applyMigrations(url, ORDER_MIGRATIONS) }),
    analytics: await createTestDatabase({ migrate: (url) => applyMigrations(url, ANALYTICS_MIGRATIONS) }),
  };
  const clients = { orders: await connect(databases.orders), analytics: await connect(databases.analytics) };
  const folder = await mkdtemp(join(tmpdir(), 'auditor-'));
  const files = { receiptsPath: join(folder, 'receipts.jsonl'), reportPath: join(folder, 'report.json') };
  const sharedTopic = await createFilledTopic(world);
  await commitEverything(sharedTopic);
  let topic = sharedTopic;
  const databaseSources = ['--orders-url', databases.orders.url, '--analytics-url', databases.analytics.url];
  const fixedSources = [...databaseSources, '--kafka', testKafka()];
  const platform: TestPlatform = {
    ...clients,
    receiptsPath: files.receiptsPath,
    sources: () => [...fixedSources, '--topic', topic],
    async fill(content, kind = 'shared') {
      topic = kind === 'new' ? await createFilledTopic(content) : sharedTopic;
      await inTransaction(clients.orders, (client) => fillOrders(client, content));
      await inTransaction(clients.analytics, (client) => fillAnalytics(client, content, topic));
      await writeFile(files.receiptsPath, journalText(content.receipts));
    },
    send: (message) => send(topic, [message]),
    verify: (...args) =>
      runAuditor([...platform.sources(), '--receipts', files.receiptsPath, '--json', files.reportPath, ...args]),
    async [Symbol.asyncDispose]() {
      await Promise.all([clients.orders.end(), clients.analytics.end(), rm(folder, { recursive: true })]);
      await Promise.all([databases.orders.drop(), databases.analytics.drop()]);
    },
  };
  return platform;
}

/** Runs the command as a person would. */
export async function runAuditor(args: readonly string[]): Promise<Verdict> {
  const { PATH = '' } = process.env;
  const { exitCode, stdout, stderr } = await promisify(execFile)(process.execPath, [AUDITOR, ...args], {
    env: { PATH },
  }).then(
    (output) => ({ exitCode: 0, ...output }),
    (error: { code: number; stdout: string; stderr: string }) => ({ exitCode: error.code, ...error }),
  );
  const reportPath = args[args.indexOf('--json') + 1] ?? '';
  const text = await readFile(reportPath, 'utf8').catch(() => undefined);
  return { exitCode, stdout, stderr, report: text === undefined ? undefined : (JSON.parse(text) as AuditReport) };
}

async function applyMigrations(url: string, source: MigrationSource): Promise<void> {
  await migrate(readConfig(z.object(postgresEnv), { DATABASE_URL: url }), source, silentLogger());
}

async function connect({ url }: TestDatabase): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}

async function inTransaction(client: Client, work: (client: Client) => Promise<void>): Promise<void> {
  await client.query('BEGIN');
  await work(client);
  await client.query('COMMIT');
}

async function createFilledTopic({ topic: { messages } }: World): Promise<string> {
  const topic = await createTestTopic({ partitions: 1 });
  await send(
    topic,
    messages.map(({ key, change }) => ({ key: key ?? '', value: JSON.stringify(toEvent(change)) })),
  );
  return topic;
}

async function fillOrders(client: Client, { orders }: World): Promise<void> {
  await client.query('TRUNCATE orders, idempotency_keys, event_outbox, event_outbox_dead');
  for (const row of orders.orders) {
    const { orderId, customerId, status, totalCents, sequence } = row;
    const items = JSON.stringify(toItems(row.itemsText));
    await client.query(
      `INSERT INTO orders (order_id, customer_id, status, total_cents, items, sequence, created_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, now())`,
      [orderId, customerId, status, totalCents, items, sequence, new Date(row.createdAtMs)],
    );
  }
  for (const [key, orderId] of orders.idempotencyKeys) {
    await client.query(
      `INSERT INTO idempotency_keys (key, request_hash, order_id, created_at) VALUES ($1, 'hash', $2, now())`,
      [key, orderId],
    );
  }
}

async function fillAnalytics(client: Client, { analytics }: World, topic: string): Promise<void> {
  await client.query(
    'TRUNCATE processed_events, consumer_offset, dead_letters, sales_totals, sales_by_minute, sales_by_product',
  );
  for (const { eventId, orderId, sequence, eventType, partition, offset } of analytics.applied) {
    await client.query(
      `INSERT INTO processed_events (event_id, order_id, sequence, event_type, source_partition, source_offset)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [eventId, orderId, sequence, eventType, partition, offset],
    );
  }
  for (const [partition, nextOffset] of analytics.nextOffsets) {
    await client.query(
      'INSERT INTO consumer_offset (consumer_group, topic, partition, next_offset) VALUES ($1, $2, $3, $4)',
      [GROUP, topic, partition, nextOffset],
    );
  }
  const { totals, minutes, products } = analytics.tables;
  // Split over two slots, as several transactions would leave them.
  for (const [name, value] of totals) {
    const insert = 'INSERT INTO sales_totals (metric_name, slot, value) VALUES ($1, 0, $2 - 1), ($1, 1, 1)';
    await client.query(insert, [name, value]);
  }
  for (const [minute, { orders, revenueCents }] of minutes) {
    const insert = 'INSERT INTO sales_by_minute (minute, slot, orders, revenue_cents) VALUES ($1, 0, $2, $3)';
    await client.query(insert, [minute, orders, revenueCents]);
  }
  for (const [productId, { units, revenueCents }] of products) {
    const insert = 'INSERT INTO sales_by_product (product_id, slot, units, revenue_cents) VALUES ($1, 0, $2, $3)';
    await client.query(insert, [productId, units, revenueCents]);
  }
}

async function send(
  topic: string,
  messages: readonly { readonly key: string; readonly value: string }[],
): Promise<void> {
  const producer = createKafka(connection(), silentLogger()).producer();
  await producer.connect();
  await producer.send({ topic, messages: messages.map((message) => ({ ...message, partition: 0 })) });
  await producer.disconnect();
}

/** The event processor has read it all. */
async function commitEverything(topic: string): Promise<void> {
  const admin = createKafka(connection(), silentLogger()).admin();
  await admin.connect();
  const [end] = await admin.fetchTopicOffsets(topic);
  await admin.setOffsets({ groupId: GROUP, topic, partitions: [{ partition: 0, offset: end?.high ?? '0' }] });
  await admin.disconnect();
}

/** The event as the order service writes it. */
export function toEvent({ totalCents, timestampMs, itemsText, ...change }: StateChange): object {
  return {
    ...change,
    totalPrice: decimalFromCents(totalCents),
    timestamp: new Date(timestampMs).toISOString(),
    version: 1,
    ...(itemsText !== undefined && { items: toItems(itemsText) }),
  };
}

function toItems(itemsText: ItemsText): object[] {
  return (orderLinesFrom(itemsText) ?? []).map(({ productId, quantity, priceCents }) => ({
    productId,
    quantity,
    price: decimalFromCents(priceCents),
  }));
}

/** The receipts as the load generator writes them. */
function journalText({ startedAtMs, endedAtMs, orders, transitions }: Receipts): string {
  const lines = [
    { type: 'start', startedAt: new Date(startedAtMs ?? 0).toISOString(), target: 'http://gateway', rate: 1 },
    ...orders.map(({ orderId, customerId, totalCents, createdAtMs, itemsText, idempotencyKey }) => ({
      type: 'order',
      orderId,
      totalPrice: decimalFromCents(totalCents),
      createdAt: new Date(createdAtMs).toISOString(),
      idempotencyKey,
      customerId,
      items: toItems(itemsText),
    })),
    ...transitions.map((transition) => ({ type: 'transition', ...transition })),
    { type: 'end', endedAt: new Date(endedAtMs ?? 0).toISOString(), sent: orders.length, accepted: orders.length },
  ];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}
