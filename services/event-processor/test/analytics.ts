import { newId } from '@orderflow/contracts/ids';
import { createTestDatabase, createTestTopic, testKafka, until } from '@orderflow/local/testing';
import { readConfig } from '@orderflow/service-kit/config';
import { KafkajsAdmin } from '@orderflow/service-kit/kafka/kafkajs-admin';
import { createKafka } from '@orderflow/service-kit/kafka/kafkajs-client';
import { KafkajsProducer } from '@orderflow/service-kit/kafka/kafkajs-producer';
import type { IncomingMessage, OutgoingMessage } from '@orderflow/service-kit/kafka/port';
import { silentLogger } from '@orderflow/service-kit/logger';
import { migrate } from '@orderflow/service-kit/migrations';
import { createPool, postgresEnv, type Pool } from '@orderflow/service-kit/postgres';
import { z } from 'zod';
import { ANALYTICS_MIGRATIONS } from '../src/migrations.ts';
import { orderChanged, orderCreated, toOutgoing, type WireEvent } from './order-events.ts';

const logger = silentLogger();
export const databaseConfig = (url: string) => readConfig(z.object(postgresEnv), { DATABASE_URL: url });

export const migrateAnalytics = (url: string): Promise<void> =>
  migrate(databaseConfig(url), ANALYTICS_MIGRATIONS, logger);

/** An analytics database of its own, with the schema. */
export interface TestAnalytics extends AsyncDisposable {
  readonly url: string;
  readonly pool: Pool;
}

export async function createAnalytics(): Promise<TestAnalytics> {
  const database = await createTestDatabase({ migrate: migrateAnalytics });
  const pool = createPool(databaseConfig(database.url), { logger, applicationName: 'test' });
  return {
    url: database.url,
    pool,
    async [Symbol.asyncDispose]() {
      await pool.end();
      await database.drop();
    },
  };
}

/** A source topic and a dead letter topic of their own, and a group name. */
export interface TestStream extends AsyncDisposable {
  readonly topic: string;
  readonly dlqTopic: string;
  readonly consumerGroup: string;
  readonly producer: KafkajsProducer;
  readonly admin: KafkajsAdmin;
  send(messages: readonly (WireEvent | OutgoingMessage)[]): Promise<void>;
  /** Everything in the dead letter topic. */
  readDeadLetters(): Promise<IncomingMessage[]>;
  /** Deletes the source topic and creates it again, empty. */
  recreateTopic(): Promise<void>;
  /** Sum over the partitions of what the group has not committed. */
  lag(): Promise<bigint>;
}

export async function createStream({ partitions }: { readonly partitions: number }): Promise<TestStream> {
  const servers = { bootstrapServers: [testKafka()], clientId: 'event-processor-test' };
  const topic = await createTestTopic({ partitions });
  const dlqTopic = await createTestTopic();
  const consumerGroup = `group-${topic}`;
  const producer = new KafkajsProducer(servers, { logger });
  const admin = new KafkajsAdmin(servers, { logger });
  return {
    topic,
    dlqTopic,
    consumerGroup,
    producer,
    admin,
    send: (messages) =>
      producer.sendBatch(
        topic,
        messages.map((each) => ('eventId' in each ? toOutgoing(each) : each)),
      ),
    readDeadLetters: async () => {
      const messages: IncomingMessage[] = [];
      await admin.readTopicToEnd({ topic: dlqTopic, onMessage: (message) => messages.push(message) });
      return messages;
    },
    recreateTopic: async () => {
      const kafkaAdmin = createKafka(servers, logger).admin();
      await kafkaAdmin.connect();
      await kafkaAdmin.deleteTopics({ topics: [topic] });
      await until(async () => !(await kafkaAdmin.listTopics()).includes(topic), { what: 'the topic is gone' });
      await kafkaAdmin.disconnect();
      await admin.ensureTopics([{ name: topic, partitions }]);
    },
    lag: async () => {
      const partitionLags = await admin.groupLag(consumerGroup, topic);
      return partitionLags.reduce((sum, { lagMessages }) => sum + lagMessages, 0n);
    },
    async [Symbol.asyncDispose]() {
      await producer.stop();
      await admin.stop();
    },
  };
}

/** What people read: `sales_metrics` as one object of `metric` or `metric/dimension` to decimal text. */
export async function readSales(pool: Pool): Promise<Record<string, string>> {
  const { rows } = await pool.query<{ name: string; value: string }>(
    `SELECT metric_name || CASE dimension WHEN '' THEN '' ELSE '/' || dimension END AS name, value::text
     FROM sales_metrics ORDER BY 1`,
  );
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

/** What `sales_metrics` must say after these events, whatever happened on the way; computed apart from the service. */
export function expectedSales(events: readonly WireEvent[]): Record<string, string> {
  const cents = new Map<string, number>();
  const add = (name: string, amount: number): unknown => cents.set(name, (cents.get(name) ?? 0) + amount);
  for (const event of new Map(events.map((each) => [each.eventId, each])).values()) {
    const totalCents = Math.round(event.totalPrice * 100);
    if (event.eventType === 'ORDER_CREATED') {
      const minute = `${event.timestamp.slice(0, 16)}Z`;
      add('orders_total', 1);
      add('revenue_total', totalCents);
      add(`orders_per_minute/${minute}`, 1);
      add(`revenue_per_minute/${minute}`, totalCents);
      for (const { productId, quantity, price } of event.items ?? []) {
        add(`top_products/${productId}`, quantity);
        add(`product_revenue/${productId}`, Math.round(quantity * price * 100));
      }
    } else if (event.eventType === 'ORDER_CANCELLED') {
      add('orders_cancelled_total', 1);
      add('revenue_cancelled_total', totalCents);
    } else if (event.eventType === 'PAYMENT_COMPLETED') {
      add('orders_paid_total', 1);
      add('revenue_paid_total', totalCents);
    } else {
      add('orders_shipped_total', 1);
    }
  }
  if (cents.has('revenue_total') || cents.has('revenue_cancelled_total')) {
    cents.set('revenue_net', (cents.get('revenue_total') ?? 0) - (cents.get('revenue_cancelled_total') ?? 0));
  }
  const isMoney = (name: string): boolean => /revenue/.test(name);
  return Object.fromEntries(
    [...cents].map(([name, value]) => [name, isMoney(name) ? (value / 100).toFixed(2) : String(value)]),
  );
}

/** Orders with what became of them, in an order in which they could have happened. */
export function orderStories(count: number): WireEvent[] {
  return Array.from({ length: count }, (_, index) => {
    const items = Array.from({ length: 1 + (index % 3) }, (__, line) => ({
      productId: `product-${(index + line) % 7}`,
      quantity: 1 + line,
      price: (1_999 + index) / 100,
    }));
    const totalPrice = Math.round(items.reduce((sum, { quantity, price }) => sum + quantity * price, 0) * 100) / 100;
    const timestamp = `2026-01-31T12:0${index % 5}:30.000Z`;
    const created = orderCreated({ orderId: newId(), items, totalPrice, timestamp });
    if (index % 4 === 1) return [created, orderChanged(created, 'ORDER_CANCELLED')];
    if (index % 4 === 2) return [created, orderChanged(created, 'PAYMENT_COMPLETED')];
    if (index % 4 === 3) {
      const paid = orderChanged(created, 'PAYMENT_COMPLETED');
      return [created, paid, orderChanged(paid, 'ORDER_SHIPPED')];
    }
    return [created];
  }).flat();
}

/** Waits until the sales are what these events make, and fails with both when they never are. */
export async function untilSalesAre(
  pool: Pool,
  events: readonly WireEvent[],
  { timeoutMs = 30_000 }: { readonly timeoutMs?: number } = {},
): Promise<void> {
  const expected = expectedSales(events);
  const text = (sales: Record<string, string>): string =>
    JSON.stringify(Object.entries(sales).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const wanted = text(expected);
  await until(() => readSales(pool), {
    what: `sales are ${wanted}`,
    isDone: (sales) => text(sales) === wanted,
    timeoutMs,
    intervalMs: 50,
  });
}
