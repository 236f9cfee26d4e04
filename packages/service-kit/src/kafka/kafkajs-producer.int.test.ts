import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestTopic, testKafka } from '@orderflow/local/testing';
import { silentLogger } from '../logger.ts';
import { KafkajsAdmin } from './kafkajs-admin.ts';
import { KafkajsProducer } from './kafkajs-producer.ts';
import { partitionForKey } from './partitioner.ts';
import type { IncomingMessage, OutgoingMessage } from './port.ts';

const logger = silentLogger();
let admin: KafkajsAdmin;
let producer: KafkajsProducer;

beforeAll(() => {
  const connection = { bootstrapServers: [testKafka()], clientId: 'producer-test' };
  admin = new KafkajsAdmin(connection, { logger });
  producer = new KafkajsProducer(connection, { logger });
});

afterAll(async () => {
  await producer.stop();
  await admin.stop();
});

interface Read {
  readonly partition: number;
  readonly message: IncomingMessage;
}

async function readAll(topic: string): Promise<readonly Read[]> {
  const all: Read[] = [];
  await admin.readTopicToEnd({ topic, onMessage: (message, partition) => void all.push({ partition, message }) });
  return all;
}

function textOf(reads: readonly Read[]): readonly string[] {
  return reads.map(({ message }) => message.value?.toString() ?? '');
}

describe('the producer', () => {
  test('writes keys, values and headers as they were given', async () => {
    const topic = await createTestTopic();
    await producer.sendBatch(topic, [
      { key: 'order-1', value: 'été', headers: { traceparent: '00-ab-cd-01', note: 'ü' } },
      { key: 'order-2', value: Buffer.from([0, 255]) },
      { key: 'order-3', value: null },
    ]);
    const messages = (await readAll(topic)).map(({ message }) => message);
    expect(messages.map(({ key, value, headers }) => ({ key: key?.toString(), value, headers }))).toEqual([
      { key: 'order-1', value: Buffer.from('été'), headers: { traceparent: '00-ab-cd-01', note: 'ü' } },
      { key: 'order-2', value: Buffer.from([0, 255]), headers: {} },
      { key: 'order-3', value: null, headers: {} },
    ]);
    expect(messages.map(({ offset }) => offset)).toEqual([0n, 1n, 2n]);
  });

  test('keeps the order of each key, in the partition that partitionForKey names', async () => {
    const topic = await createTestTopic({ partitions: 5 });
    const messages = Array.from({ length: 600 }, (_, i) => ({ key: `key-${i % 40}`, value: String(i) }));
    await producer.sendBatch(topic, messages.slice(0, 250));
    await producer.sendBatch(topic, messages.slice(250));
    const byKey = Map.groupBy(await readAll(topic), ({ message }) => message.key?.toString() ?? '');
    expect(byKey.size).toBe(40);
    for (const [key, reads] of byKey) {
      expect(textOf(reads)).toEqual(messages.filter((message) => message.key === key).map(({ value }) => value));
      expect(new Set(reads.map(({ partition }) => partition))).toEqual(new Set([partitionForKey(key, 5)]));
    }
  });

  test('sends nothing for an empty batch', async () => {
    await expect(producer.sendBatch('no-such-topic', [])).resolves.toBeUndefined();
  });

  test('accepts a batch of small messages that are together larger than a partition takes at once', async () => {
    const topic = await createTestTopic();
    const messages = Array.from({ length: 30 }, (_, i) => ({ key: 'k', value: `${i}:${'x'.repeat(100_000)}` }));
    await producer.sendBatch(topic, messages);
    expect(textOf(await readAll(topic))).toEqual(messages.map(({ value }) => value));
  });

  test('says that a message larger than the topic allows is rejected, and goes on', async () => {
    const topic = await createTestTopic({ config: { 'max.message.bytes': '20000' } });
    const tooLarge: OutgoingMessage = { key: 'k', value: 'x'.repeat(30_000) };
    await expect(producer.sendBatch(topic, [tooLarge])).rejects.toMatchObject({ kind: 'rejected', retryable: false });
    await producer.sendBatch(topic, [{ key: 'k', value: 'small' }]);
    expect(textOf(await readAll(topic))).toEqual(['small']);
  });

  test('says that a topic which does not exist is unavailable, and does not create it', async () => {
    const send = producer.sendBatch('test-never-created', [{ key: 'k', value: 'v' }]);
    await expect(send).rejects.toMatchObject({ kind: 'unavailable', retryable: true });
    await expect(admin.readOffsets('test-never-created')).rejects.toThrow('does not host this topic');
  });

  test('sends concurrent batches, each in its order', async () => {
    const topic = await createTestTopic({ partitions: 2 });
    const batchOf = (key: string) => Array.from({ length: 50 }, (_, i) => ({ key, value: `${key}-${i}` }));
    await Promise.all(['a', 'b', 'c', 'd'].map((key) => producer.sendBatch(topic, batchOf(key))));
    const byKey = Map.groupBy(await readAll(topic), ({ message }) => message.key?.toString() ?? '');
    for (const key of ['a', 'b', 'c', 'd']) {
      expect(textOf(byKey.get(key) ?? [])).toEqual(batchOf(key).map(({ value }) => value));
    }
  });
});

describe('a producer that is stopped', () => {
  test('sends what was begun, refuses what comes after, and may be stopped twice', async () => {
    const topic = await createTestTopic();
    const own = new KafkajsProducer({ bootstrapServers: [testKafka()], clientId: 'stopping' }, { logger });
    await own.start();
    const begun = own.sendBatch(topic, [{ key: 'k', value: 'begun' }]);
    await Promise.all([own.stop(), begun]);
    await own.stop();
    await expect(own.sendBatch(topic, [{ key: 'k', value: 'late' }])).rejects.toMatchObject({ kind: 'unavailable' });
    expect(textOf(await readAll(topic))).toEqual(['begun']);
  });

  test('need not have been started', async () => {
    const idle = new KafkajsProducer({ bootstrapServers: [testKafka()], clientId: 'idle' }, { logger });
    await expect(idle.stop()).resolves.toBeUndefined();
  });
});

test('a producer without a broker is unavailable', async () => {
  const nobodyListens = { bootstrapServers: ['127.0.0.1:1'], clientId: 'lonely' };
  const lonely = new KafkajsProducer(nobodyListens, { logger });
  await expect(lonely.start()).rejects.toMatchObject({
    kind: 'unavailable',
    message: expect.stringContaining('ECONNREFUSED'),
  });
  await expect(lonely.sendBatch('t', [{ key: 'k', value: 'v' }])).rejects.toMatchObject({ kind: 'unavailable' });
  await lonely.stop();
});
