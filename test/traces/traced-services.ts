import { join } from 'node:path';
import { startService, type ServiceProcess, type ServiceName } from '@orderflow/local/platform/service-process';
import { openRunDirectory } from '@orderflow/local/run-directory';
import { createTestDatabase, createTestTopic, testKafka, type TestDatabase } from '@orderflow/local/testing';

const LOCAL_DIRECTORY = join(import.meta.dirname, '..', '..', '.local');

/** The four processes that an order goes through, the publisher apart from the API. */
export interface TracedServices extends AsyncDisposable {
  readonly gateway: ServiceProcess;
  readonly orders: ServiceProcess;
  readonly publisher: ServiceProcess;
  readonly processor: ServiceProcess;
}

export interface TracedServicesOptions {
  /** What all of them get, OTEL_* above all. */
  readonly env: Readonly<Record<string, string>>;
}

/** Starts them on databases and topics of their own; when one does not start, the others are stopped again. */
export async function startTracedServices(options: TracedServicesOptions): Promise<TracedServices> {
  const stack = new AsyncDisposableStack();
  try {
    return await startAll(options, stack);
  } catch (error: unknown) {
    await stack.disposeAsync();
    throw error;
  }
}

async function startAll({ env }: TracedServicesOptions, stack: AsyncDisposableStack): Promise<TracedServices> {
  const run = await openRunDirectory({ localDirectory: LOCAL_DIRECTORY, name: 'traces' });
  stack.defer(() => run.remove());
  const [ordersDatabase, analytics] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  for (const database of [ordersDatabase, analytics]) stack.defer(() => database.drop());
  const [topic, dlqTopic] = await Promise.all([createTestTopic({ partitions: 3 }), createTestTopic()]);
  const start = async (service: ServiceName, name: string, own: Readonly<Record<string, string>>) => {
    const started = await startService({ run, service, name, env: { ...env, ...own } });
    stack.defer(() => started.stop());
    return started;
  };
  const kafka = { KAFKA_BOOTSTRAP_SERVERS: testKafka(), TOPIC: topic };
  const onOrders = databaseEnv(ordersDatabase);
  // One after the other: each start takes a core for a second or two.
  const orders = await start('order-service', 'orders', { ...onOrders, PUBLISHER: 'off' });
  const processor = await start('event-processor', 'processor', {
    ...databaseEnv(analytics),
    ...kafka,
    DLQ_TOPIC: dlqTopic,
    CONSUMER_GROUP: topic,
  });
  const gateway = await start('api-gateway', 'gateway', {
    ORDER_SERVICE_URL: orders.url,
    EVENT_PROCESSOR_URL: processor.url,
  });
  const publisher = await start('order-service', 'publisher', {
    ...onOrders,
    ...kafka,
    PUBLISHER: 'only',
    PUBLISHER_LEASE_TTL_MS: '1000',
  });
  return { gateway, orders, publisher, processor, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

function databaseEnv({ url }: TestDatabase): Record<string, string> {
  return { DATABASE_URL: url };
}
