import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startKafka } from '@orderflow/local/kafka';
import { silentProgress } from '@orderflow/local/progress';
import { openRunDirectory } from '@orderflow/local/run-directory';
import { createTestTopic, startKafkaProxy, testKafka, until } from '@orderflow/local/testing';
import { systemClock } from '@orderflow/service-kit/clock';
import type { KafkaConnection } from '@orderflow/service-kit/kafka/config';
import { KafkajsAdmin } from '@orderflow/service-kit/kafka/kafkajs-admin';
import { createKafka } from '@orderflow/service-kit/kafka/kafkajs-client';
import { KafkajsConsumer } from '@orderflow/service-kit/kafka/kafkajs-consumer';
import { KafkajsProducer } from '@orderflow/service-kit/kafka/kafkajs-producer';
import { silentLogger } from '@orderflow/service-kit/logger';
import { KafkaLagReaders } from './lag-readers.ts';

const LOCAL_DIRECTORY = join(import.meta.dirname, '..', '..', '..', '.local');

const logger = silentLogger();
const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

function openReaders(security: Omit<KafkaConnection, 'bootstrapServers'> = { clientId: 'lag-test' }): KafkaLagReaders {
  const readers = new KafkaLagReaders({ security, logger, clock: systemClock });
  stops.push(() => readers.stop());
  return readers;
}

function connection(): KafkaConnection {
  return { bootstrapServers: [testKafka()], clientId: 'lag-test' };
}

async function produce(topic: string, count: number): Promise<void> {
  const producer = new KafkajsProducer(connection(), { logger });
  const messages = Array.from({ length: count }, (_, index) => ({ key: `key-${index}`, value: String(index) }));
  await producer.sendBatch(topic, messages);
  await producer.stop();
}

async function withAdmin<T>(
  work: (admin: ReturnType<ReturnType<typeof createKafka>['admin']>) => Promise<T>,
): Promise<T> {
  const admin = createKafka(connection(), logger).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

function queryFor(topics: readonly string[], consumerGroup = `group-${randomUUID()}`) {
  return { bootstrapServers: [testKafka()], consumerGroup, topics };
}

describe('against a real broker', () => {
  // The first question about any group makes a broker create the topic of commits; this one waits until it is there.
  beforeAll(async () => {
    const admin = new KafkajsAdmin(connection(), { logger });
    await admin.groupLag(`group-${randomUUID()}`, await createTestTopic());
    await admin.stop();
  });

  test('a group that has never committed has no commits, and is dead or empty', async () => {
    const topic = await createTestTopic({ partitions: 3 });
    await produce(topic, 30);
    const reading = await openReaders().read(queryFor([topic]));
    expect(reading.missing).toEqual([]);
    expect(reading.partitions.map(({ committed }) => committed)).toEqual([null, null, null]);
    expect(reading.partitions.reduce((sum, { logEnd, logStart }) => sum + logEnd - logStart, 0n)).toBe(30n);
    expect(reading.group.members).toBe(0);
  });

  test('a group that consumes is stable, with its members and commits', async () => {
    const topic = await createTestTopic({ partitions: 2 });
    await produce(topic, 10);
    const query = queryFor([topic]);
    const consumer = new KafkajsConsumer(connection(), { logger, groupId: query.consumerGroup, topics: [topic] });
    stops.push(() => consumer.stop());
    const assigned = Promise.withResolvers<void>();
    await consumer.runBatches({
      onBatch: () => Promise.resolve(),
      onAssigned: () => assigned.resolve(),
      onRevoked: () => Promise.resolve(),
    });
    await assigned.promise;
    const { group } = await openReaders().read(query);
    expect(group).toEqual({ state: 'Stable', members: 1 });
  });

  test('commits and the start of a truncated log are read', async () => {
    const topic = await createTestTopic();
    await produce(topic, 20);
    const query = queryFor([topic]);
    await withAdmin(async (admin) => {
      await admin.setOffsets({ groupId: query.consumerGroup, topic, partitions: [{ partition: 0, offset: '15' }] });
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '12' }] });
    });
    const { partitions, group } = await openReaders().read(query);
    expect(partitions).toEqual([{ topic, partition: 0, logStart: 12n, logEnd: 20n, committed: 15n }]);
    expect(group.state).toBe('Empty');
  });

  test('a topic that does not exist is missing, is not created, and does not hide the others', async () => {
    const topic = await createTestTopic();
    const absent = `test-${randomUUID()}`;
    const readers = openReaders();
    const query = queryFor([absent, topic]);
    for (let poll = 0; poll < 2; poll += 1) {
      const reading = await readers.read(query);
      expect(reading.missing).toEqual([absent]);
      expect(reading.partitions).toHaveLength(1);
    }
    expect(await withAdmin((admin) => admin.listTopics())).not.toContain(absent);
  });

  test('a topic that is deleted is missing, and whole again when it comes back with more partitions', async () => {
    const topic = await createTestTopic({ partitions: 12 });
    const readers = openReaders();
    const query = queryFor([topic]);
    expect((await readers.read(query)).partitions).toHaveLength(12);
    await withAdmin((admin) => admin.deleteTopics({ topics: [topic] }));
    const gone = await readers.read(query);
    expect(gone.partitions).toEqual([]);
    expect(gone.missing).not.toEqual([]);
    const admin = new KafkajsAdmin(connection(), { logger });
    await admin.ensureTopics([{ name: topic, partitions: 24 }]);
    await admin.stop();
    const back = await readers.read(query);
    expect(back.missing).toEqual([]);
    expect(back.partitions).toHaveLength(24);
  });

  test('brokers that fell silent are read again once they are back', async () => {
    const topic = await createTestTopic();
    const proxy = await startKafkaProxy();
    stops.push(() => proxy.close());
    const readers = new KafkaLagReaders({
      security: { clientId: 'distant' },
      logger,
      clock: systemClock,
      answerTimeoutMs: 500,
    });
    stops.push(() => readers.stop());
    const query = { ...queryFor([topic]), bootstrapServers: [proxy.bootstrapServers] };
    expect((await readers.read(query)).missing).toEqual([]);
    proxy.setMode('dropReplies');
    for (let poll = 0; poll < 3; poll += 1) await expect(readers.read(query)).rejects.toThrow('Kafka does not answer');
    proxy.setMode('pass');
    const reading = await readers.read(query);
    expect(reading).toMatchObject({ missing: [], partitions: [{ topic, partition: 0 }] });
  });
});

test('TLS and SCRAM are spoken, and the wrong password is told', async () => {
  const sasl = { username: 'operator', password: 'correct horse' };
  const run = await openRunDirectory({ localDirectory: LOCAL_DIRECTORY, name: 'test-kafka' });
  stops.push(() => run.remove());
  const cacheDirectory = join(LOCAL_DIRECTORY, 'cache');
  const kafka = await startKafka({ run, cacheDirectory, log: silentProgress, security: { scram: [sasl] } });
  const tls = { caPem: kafka.security?.caPem ?? '' };
  const query = { bootstrapServers: [kafka.bootstrapServers], consumerGroup: 'readers', topics: ['secured'] };
  const admin = new KafkajsAdmin(
    { bootstrapServers: query.bootstrapServers, clientId: 'admin', tls, sasl },
    { logger },
  );
  stops.push(() => admin.stop());
  await admin.ensureTopics([{ name: 'secured', partitions: 2 }]);
  const readers = openReaders({ clientId: 'operator', tls, sasl });
  // The topic of commits is being created.
  await until(async () => (await readers.read(query)).missing.length === 0, { what: 'both partitions are read' });
  const stranger = openReaders({ clientId: 'operator', tls, sasl: { ...sasl, password: 'guess' } });
  await expect(stranger.read(query)).rejects.toMatchObject({
    code: 'LAG_UNREADABLE',
    cause: { message: expect.stringMatching(/authentication failed/i) },
  });
}, 120_000);
