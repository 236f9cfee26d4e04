import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestTopic, startKafkaProxy, testKafka } from '@orderflow/local/testing';
import { randomUUID } from 'node:crypto';
import { silentLogger } from '../logger.ts';
import { KafkajsAdmin } from './kafkajs-admin.ts';
import { KafkajsProducer } from './kafkajs-producer.ts';

const logger = silentLogger();
let admin: KafkajsAdmin;
let producer: KafkajsProducer;

beforeAll(() => {
  const connection = { bootstrapServers: [testKafka()], clientId: 'admin-test' };
  admin = new KafkajsAdmin(connection, { logger });
  producer = new KafkajsProducer(connection, { logger });
});

afterAll(async () => {
  await producer.stop();
  await admin.stop();
});

function numbered(count: number): { key: string; value: string }[] {
  return Array.from({ length: count }, (_, i) => ({ key: `key-${i % 7}`, value: String(i) }));
}

describe('ensuring topics', () => {
  test('creates what is missing, ready for use, and leaves what exists', async () => {
    const [first, second] = [`test-${randomUUID()}`, `test-${randomUUID()}`];
    await admin.ensureTopics([{ name: first, partitions: 2, config: { 'retention.ms': '600000' } }]);
    await producer.sendBatch(first, numbered(3));
    await admin.ensureTopics([
      { name: first, partitions: 5 },
      { name: second, partitions: 3, replicationFactor: 1 },
    ]);
    expect(await admin.readOffsets(second)).toEqual([0, 1, 2].map((partition) => ({ partition, low: 0n, high: 0n })));
    const kept = await admin.readOffsets(first);
    expect(kept.reduce((sum, { high }) => sum + high, 0n)).toBe(3n);
    expect(kept).toHaveLength(2);
  });

  test('says which broker answer stands against it', async () => {
    const topics = [{ name: 'not/a/topic', partitions: 1 }];
    await expect(admin.ensureTopics(topics)).rejects.toThrow(/topic/i);
  });
});

describe('the lag of a group', () => {
  test('is everything for a group that never committed', async () => {
    const topic = await createTestTopic({ partitions: 1 });
    await producer.sendBatch(topic, numbered(4));
    expect(await admin.groupLag(`group-${randomUUID()}`, topic)).toEqual([
      { partition: 0, low: 0n, high: 4n, committed: null, lagMessages: 4n },
    ]);
  });
});

describe('reading a topic to its end', () => {
  test('delivers every message once, in order within each partition', async () => {
    const topic = await createTestTopic({ partitions: 4 });
    await producer.sendBatch(topic, numbered(1_000));
    const offsets = new Map<number, bigint[]>();
    const values: number[] = [];
    const ranges = await admin.readTopicToEnd({
      topic,
      onMessage: ({ offset, value }, partition) => {
        offsets.set(partition, [...(offsets.get(partition) ?? []), offset]);
        values.push(Number(value?.toString()));
      },
    });
    expect(values.toSorted((a, b) => a - b)).toEqual(numbered(1_000).map(({ value }) => Number(value)));
    for (const { partition, high } of ranges) {
      expect(offsets.get(partition) ?? []).toEqual(Array.from({ length: Number(high) }, (_, i) => BigInt(i)));
    }
  });

  test('ends where the topic ended when it began, although more is written meanwhile', async () => {
    const topic = await createTestTopic({ partitions: 1 });
    await producer.sendBatch(topic, numbered(10));
    let read = 0;
    let sending: Promise<void> | undefined;
    await admin.readTopicToEnd({
      topic,
      onMessage: () => {
        read += 1;
        sending ??= producer.sendBatch(topic, numbered(10));
      },
    });
    await sending;
    expect(read).toBe(10);
    expect(await admin.readOffsets(topic)).toEqual([{ partition: 0, low: 0n, high: 20n }]);
  });

  test('returns at once for an empty topic', async () => {
    const topic = await createTestTopic({ partitions: 2 });
    const onMessage = () => {
      throw new Error('there is nothing to read');
    };
    expect(await admin.readTopicToEnd({ topic, onMessage })).toHaveLength(2);
  });

  test('stops when it is aborted', async () => {
    const topic = await createTestTopic({ partitions: 1 });
    await producer.sendBatch(topic, numbered(1));
    const reading = { topic, onMessage: () => undefined, signal: AbortSignal.abort(new Error('enough')) };
    await expect(admin.readTopicToEnd(reading)).rejects.toThrow('enough');
  });
});

test('an admin works again after brokers were out of reach', async () => {
  const topic = await createTestTopic();
  const proxy = await startKafkaProxy();
  const distant = new KafkajsAdmin({ bootstrapServers: [proxy.bootstrapServers], clientId: 'distant' }, { logger });
  try {
    proxy.setMode('dropReplies');
    await expect(distant.readOffsets(topic)).rejects.toThrow(/./);
    proxy.setMode('pass');
    expect(await distant.readOffsets(topic)).toHaveLength(1);
  } finally {
    await distant.stop();
    await proxy.close();
  }
});
