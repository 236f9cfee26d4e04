import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { startService, type ServiceName } from '@orderflow/local/platform/service-process';
import { openRunDirectory } from '@orderflow/local/run-directory';
import { createTestDatabase, createTestTopic, testKafka } from '@orderflow/local/testing';
import { buildCatalogue } from './catalogue.ts';
import { metricsOf, readExposedMetrics } from './exposed-metrics.ts';
import { processRegistries } from './processes.ts';

const LOCAL_DIRECTORY = join(import.meta.dirname, '..', '..', '.local');
const NOWHERE = 'http://127.0.0.1:9';

const catalogue = buildCatalogue(processRegistries());

async function environmentOf(service: ServiceName, stack: AsyncDisposableStack): Promise<Record<string, string>> {
  if (service === 'api-gateway') return { ORDER_SERVICE_URL: NOWHERE, EVENT_PROCESSOR_URL: NOWHERE };
  if (service === 'console') return { GATEWAY_URL: NOWHERE, API_GATEWAY_ADMIN_URL: NOWHERE };
  if (service === 'auditor') return { ...(await twoDatabases(stack)), KAFKA_BOOTSTRAP_SERVERS: testKafka() };
  const [database, topic, dlqTopic] = [await createTestDatabase(), await createTestTopic(), await createTestTopic()];
  stack.defer(() => database.drop());
  const kafka = { KAFKA_BOOTSTRAP_SERVERS: testKafka(), TOPIC: topic };
  const processor = service === 'event-processor' ? { DLQ_TOPIC: dlqTopic, CONSUMER_GROUP: topic } : {};
  return { DATABASE_URL: database.url, ...kafka, ...processor };
}

async function twoDatabases(stack: AsyncDisposableStack): Promise<Record<string, string>> {
  const database = await createTestDatabase();
  stack.defer(() => database.drop());
  return { ORDERS_DATABASE_URL: database.url, ANALYTICS_DATABASE_URL: database.url };
}

test.each(['api-gateway', 'order-service', 'event-processor', 'auditor', 'console'] as const)(
  'a real %s exposes what the catalogue says of it, no more and no less',
  async (service) => {
    await using stack = new AsyncDisposableStack();
    const run = await openRunDirectory({ localDirectory: LOCAL_DIRECTORY, name: 'exposed-metrics' });
    stack.defer(() => run.remove());
    const program = service === 'auditor' ? 'serve-main.ts' : 'main.ts';
    const started = await startService({ run, service, program, env: await environmentOf(service, stack) });
    stack.defer(() => started.stop());
    expect(await readExposedMetrics(started.adminUrl)).toEqual(metricsOf(catalogue, service));
  },
);
