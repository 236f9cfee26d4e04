import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '@orderflow/local/testing';
import { randomUUID } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { startDedicatedKafka, type DedicatedKafka } from '../../test/dedicated-kafka.ts';
import { silentLogger } from '../logger.ts';
import type { KafkaConnection } from './config.ts';
import { KafkajsAdmin } from './kafkajs-admin.ts';
import { KafkajsConsumer } from './kafkajs-consumer.ts';
import { KafkajsProducer } from './kafkajs-producer.ts';

const logger = silentLogger();
const SASL = { username: 'orderflow', password: 'correct horse, battery=staple' };

let dedicated: DedicatedKafka;
let connection: KafkaConnection;

beforeAll(async () => {
  dedicated = await startDedicatedKafka({ security: { scram: [SASL] } });
  const caPem = dedicated.kafka.security?.caPem ?? '';
  connection = { bootstrapServers: [dedicated.kafka.bootstrapServers], clientId: 'secure', tls: { caPem }, sasl: SASL };
}, 120_000);

afterAll(async () => {
  await dedicated.stop();
});

async function whyUnavailable(overrides: Partial<KafkaConnection>): Promise<string> {
  const producer = new KafkajsProducer({ ...connection, ...overrides }, { logger });
  try {
    await producer.start();
    return '';
  } catch (error: unknown) {
    return error instanceof Error ? error.message : '';
  } finally {
    await producer.stop();
  }
}

/** What `runBatches` throws and what `failed` rejects with. */
async function whyConsumerFails(overrides: Partial<KafkaConnection>): Promise<readonly unknown[]> {
  const options = { logger, groupId: `group-${randomUUID()}`, topics: ['secured'] };
  const consumer = new KafkajsConsumer({ ...connection, ...overrides }, options);
  const running = consumer.runBatches({
    onBatch: () => Promise.resolve(),
    onAssigned: () => undefined,
    onRevoked: () => Promise.resolve(),
  });
  const reasons = await Promise.all(
    [running, consumer.failed].map((promise) => promise.catch((error: unknown) => error)),
  );
  await consumer.stop();
  return reasons;
}

describe('a broker that wants TLS and SCRAM-SHA-512', () => {
  test('serves producer, consumer and admin that have both', async () => {
    const admin = new KafkajsAdmin(connection, { logger });
    const producer = new KafkajsProducer(connection, { logger });
    const consumer = new KafkajsConsumer(connection, { logger, groupId: `group-${randomUUID()}`, topics: ['secured'] });
    const values: (string | undefined)[] = [];
    try {
      await admin.ensureTopics([{ name: 'secured', partitions: 1 }]);
      await producer.sendBatch('secured', [{ key: 'k', value: 'secret' }]);
      await consumer.runBatches({
        onBatch: async ({ messages }) => void values.push(...messages.map(({ value }) => value?.toString())),
        onAssigned: () => undefined,
        onRevoked: () => Promise.resolve(),
      });
      await until(() => values.length > 0, { what: 'the message is handed out' });
      expect(values).toEqual(['secret']);
    } finally {
      await consumer.stop();
      await producer.stop();
      await admin.stop();
    }
  });

  const strangers: [string, Partial<KafkaConnection>, RegExp][] = [
    ['the wrong password', { sasl: { ...SASL, password: 'guess' } }, /authentication failed/i],
    ['an unknown user', { sasl: { ...SASL, username: 'nobody' } }, /authentication failed/i],
    ['another certificate authority', { tls: { caPem: rootCertificates[0] ?? '' } }, /certificate/i],
    ['the certificate authorities of the system', { tls: {} }, /certificate/i],
  ];

  test.each(strangers)('tells a producer with %s why it is refused', async (_, overrides, reason) => {
    expect(await whyUnavailable(overrides)).toMatch(reason);
  });

  test.each(strangers)('ends a consumer with %s, saying why', async (_, overrides, reason) => {
    const error = { code: 'KAFKA_CONSUMER_FAILED', message: expect.stringMatching(reason) };
    const reasons = await whyConsumerFails(overrides);
    expect(reasons).toEqual([expect.objectContaining(error), expect.objectContaining(error)]);
  });
});
