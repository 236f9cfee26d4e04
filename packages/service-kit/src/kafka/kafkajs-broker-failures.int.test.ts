import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestTopic, until } from '@orderflow/local/testing';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDedicatedKafka, type DedicatedKafka } from '../../test/dedicated-kafka.ts';
import { RecordingConsumer } from '../../test/recording-consumer.ts';
import { silentLogger } from '../logger.ts';
import { KafkajsAdmin } from './kafkajs-admin.ts';
import { KafkajsProducer } from './kafkajs-producer.ts';
import type { OutgoingMessage } from './port.ts';

const logger = silentLogger();
const SESSION_TIMEOUT_MS = 1_500;

let dedicated: DedicatedKafka;
let bootstrapServers: string;
let producer: KafkajsProducer;
let admin: KafkajsAdmin;
const consumers: RecordingConsumer[] = [];

beforeAll(async () => {
  dedicated = await startDedicatedKafka({ properties: { 'group.min.session.timeout.ms': '500' } });
  ({ bootstrapServers } = dedicated.kafka);
  const connection = { bootstrapServers: [bootstrapServers], clientId: 'failure-test' };
  producer = new KafkajsProducer(connection, { logger });
  admin = new KafkajsAdmin(connection, { logger });
}, 120_000);

afterEach(async () => {
  await Promise.all(consumers.splice(0).map(({ kafka }) => kafka.stop()));
});

afterAll(async () => {
  await producer.stop();
  await admin.stop();
  await dedicated.stop();
});

type Options = Omit<ConstructorParameters<typeof RecordingConsumer>[0], 'bootstrapServers'>;

async function startConsumer(options: Options): Promise<RecordingConsumer> {
  const consumer = new RecordingConsumer({ ...options, bootstrapServers });
  consumers.push(consumer);
  return consumer.start();
}

/** What the outbox publisher does: the same batch again until it is taken. */
async function sendUntilTaken(topic: string, messages: readonly OutgoingMessage[]): Promise<void> {
  await until(() => producer.sendBatch(topic, messages).then(() => true), { what: 'sent', timeoutMs: 60_000 });
}

describe('back-pressure beyond the session timeout', () => {
  test('does not cost the membership, and the commit still counts', async () => {
    const topic = await createTestTopic({ partitions: 2, bootstrapServers });
    const groupId = `group-${randomUUID()}`;
    const release = Promise.withResolvers<void>();
    const consumer = await startConsumer({
      groupId,
      topics: [topic],
      tuning: { sessionTimeoutMs: SESSION_TIMEOUT_MS, heartbeatIntervalMs: 300, revokeDeadlineMs: 500 },
      takeOver: () => release.promise,
    });
    await producer.sendBatch(
      topic,
      Array.from({ length: 20 }, (_, i) => ({ key: `key-${i}`, value: String(i) })),
    );
    await until(() => consumer.batches.length === 2, { what: 'both partitions are held' });
    // Nothing can be awaited here: the point is that nothing happens.
    await sleep(2 * SESSION_TIMEOUT_MS);
    release.resolve();
    for (const batch of consumer.batches) await consumer.commit(batch);

    expect(consumer.assignments).toHaveLength(1);
    expect(consumer.revocations).toEqual([]);
    const lags = await admin.groupLag(groupId, topic);
    expect(lags.map(({ lagMessages }) => lagMessages)).toEqual([0n, 0n]);
  });

  test('does not keep a rebalance from happening', async () => {
    const topic = await createTestTopic({ partitions: 2, bootstrapServers });
    const groupId = `group-${randomUUID()}`;
    const tuning = { sessionTimeoutMs: SESSION_TIMEOUT_MS, heartbeatIntervalMs: 300, revokeDeadlineMs: 500 };
    const blocked = await startConsumer({
      groupId,
      topics: [topic],
      tuning,
      takeOver: () => new Promise(() => undefined),
    });
    await producer.sendBatch(
      topic,
      Array.from({ length: 20 }, (_, i) => ({ key: `key-${i}`, value: String(i) })),
    );
    await until(() => blocked.batches.length === 2, { what: 'both partitions are held' });
    const other = await startConsumer({ groupId, topics: [topic], tuning });
    await until(() => blocked.assignments.length === 2 && other.batches.length > 0, { what: 'the other has a share' });
    expect(other.assignments.at(-1)?.partitions).toHaveLength(1);
  });
});

describe('a broker that dies and comes back', () => {
  test('costs producer and consumer nothing but time', async () => {
    const topic = await createTestTopic({ partitions: 3, bootstrapServers });
    const consumer: RecordingConsumer = await startConsumer({
      groupId: `group-${randomUUID()}`,
      topics: [topic],
      takeOver: async (batch) => {
        await consumer.commit(batch).catch(() => undefined); // as good as lost while there is no broker
      },
    });
    const before = Array.from({ length: 50 }, (_, i) => ({ key: `key-${i % 9}`, value: `before ${i}` }));
    const after = Array.from({ length: 50 }, (_, i) => ({ key: `key-${i % 9}`, value: `after ${i}` }));
    await sendUntilTaken(topic, before);
    await until(() => consumer.values.length === 50, { what: 'the first half is handed out' });

    dedicated.kafka.kill();
    await dedicated.kafka.exited;
    await expect(producer.sendBatch(topic, after)).rejects.toMatchObject({ kind: 'unavailable' });
    await until(() => consumer.kafka.restarts > 0, { what: 'the consumer has noticed' });
    await dedicated.kafka.restart();

    await sendUntilTaken(topic, after);
    const all = [...before, ...after].map(({ value }) => value);
    await until(() => all.every((value) => consumer.values.includes(value)), {
      what: 'everything was handed out',
      timeoutMs: 45_000,
    });
    expect(consumer.assignments.length).toBeGreaterThan(1);
  }, 120_000);

  test('and one that freezes as well', async () => {
    const topic = await createTestTopic({ bootstrapServers });
    const consumer = await startConsumer({ groupId: `group-${randomUUID()}`, topics: [topic] });
    await producer.sendBatch(topic, [{ key: 'k', value: 'before' }]);
    await until(() => consumer.values.includes('before'), { what: 'messages flow' });
    dedicated.kafka.pause();
    await expect(producer.sendBatch(topic, [{ key: 'k', value: 'frozen' }])).rejects.toMatchObject({
      kind: 'unavailable',
    });
    dedicated.kafka.resume();
    await sendUntilTaken(topic, [{ key: 'k', value: 'after' }]);
    await until(() => consumer.values.includes('after'), { what: 'messages flow again', timeoutMs: 45_000 });
    expect(consumer.values.indexOf('before')).toBe(0);
  }, 120_000);
});
