import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestTopic, testKafka, until } from '@orderflow/local/testing';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { RecordingConsumer } from '../../test/recording-consumer.ts';
import { silentLogger } from '../logger.ts';
import { KafkajsAdmin } from './kafkajs-admin.ts';
import { KafkajsProducer } from './kafkajs-producer.ts';
import { partitionForKey } from './partitioner.ts';

const logger = silentLogger();
let admin: KafkajsAdmin;
let producer: KafkajsProducer;
const consumers: RecordingConsumer[] = [];

beforeAll(() => {
  const connection = { bootstrapServers: [testKafka()], clientId: 'consumer-test' };
  admin = new KafkajsAdmin(connection, { logger });
  producer = new KafkajsProducer(connection, { logger });
});

afterEach(async () => {
  await Promise.all(consumers.splice(0).map(({ kafka }) => kafka.stop()));
});

afterAll(async () => {
  await producer.stop();
  await admin.stop();
});

type Options = Omit<ConstructorParameters<typeof RecordingConsumer>[0], 'bootstrapServers'>;

async function startConsumer(options: Options): Promise<RecordingConsumer> {
  const consumer = new RecordingConsumer({ ...options, bootstrapServers: testKafka() });
  consumers.push(consumer);
  return consumer.start();
}

function newGroup(): string {
  return `group-${randomUUID()}`;
}

function numbered(from: number, to: number): { key: string; value: string }[] {
  return Array.from({ length: to - from }, (_, i) => ({ key: `key-${(from + i) % 20}`, value: String(from + i) }));
}

function valuesOf(messages: readonly { value: string }[]): readonly string[] {
  return messages.map(({ value }) => value).toSorted();
}

/** A key that lies in the given partition. */
function keyIn(partition: number, partitionCount: number): string {
  for (let i = 0; ; i += 1) if (partitionForKey(`key-${i}`, partitionCount) === partition) return `key-${i}`;
}

async function committedOffsets(groupId: string, topic: string): Promise<readonly (bigint | null)[]> {
  return (await admin.groupLag(groupId, topic)).map(({ committed }) => committed);
}

describe('the consumer', () => {
  test('hands out everything from the beginning, in order within each partition', async () => {
    const topic = await createTestTopic({ partitions: 3 });
    const messages = numbered(0, 500);
    await producer.sendBatch(topic, messages);
    const consumer = await startConsumer({ groupId: newGroup(), topics: [topic] });
    await until(() => consumer.values.length >= 500, { what: 'all messages are handed out' });

    expect(consumer.values.toSorted()).toEqual(valuesOf(messages));
    for (const batches of Map.groupBy(consumer.batches, ({ partition }) => partition).values()) {
      const offsets = batches.flatMap((batch) => batch.messages.map(({ offset }) => offset));
      expect(offsets).toEqual(offsets.map((_, i) => BigInt(i)));
      expect(batches.at(-1)?.highWatermark).toBe(BigInt(offsets.length));
    }
  });

  test('hands out what is sent later', async () => {
    const topic = await createTestTopic();
    const consumer = await startConsumer({ groupId: newGroup(), topics: [topic] });
    await producer.sendBatch(topic, [{ key: 'k', value: 'later', headers: { traceparent: '00-1-2-01' } }]);
    await until(() => consumer.batches.length > 0, { what: 'the message is handed out' });
    expect(consumer.values).toEqual(['later']);
    expect(consumer.batches[0]?.messages[0]?.headers).toEqual({ traceparent: '00-1-2-01' });
  });

  test('commits what it is told and nothing else, and a successor continues there', async () => {
    const topic = await createTestTopic();
    const groupId = newGroup();
    await producer.sendBatch(topic, numbered(0, 10));
    const first = await startConsumer({ groupId, topics: [topic] });
    await until(() => first.values.length === 10, { what: 'all messages are handed out' });
    expect(await committedOffsets(groupId, topic)).toEqual([null]);
    await first.kafka.commitOffsets(first.kafka.epoch, [{ topic, partition: 0, nextOffset: 4n }]);
    await first.kafka.stop();
    expect(await committedOffsets(groupId, topic)).toEqual([4n]);

    const second = await startConsumer({ groupId, topics: [topic] });
    await until(() => second.values.length === 6, { what: 'the rest is handed out' });
    expect(second.values).toEqual(['4', '5', '6', '7', '8', '9']);
  });

  test('reads several topics', async () => {
    const topics = [await createTestTopic(), await createTestTopic()];
    for (const topic of topics) await producer.sendBatch(topic, [{ key: 'k', value: topic }]);
    const consumer = await startConsumer({ groupId: newGroup(), topics });
    await until(() => consumer.values.length === 2, { what: 'both topics are read' });
    expect(consumer.values.toSorted()).toEqual(topics.toSorted());
  });
});

describe('a consumer that starts early or superfluous', () => {
  test('waits for a topic that does not exist yet', async () => {
    const topic = `test-${randomUUID()}`;
    const consumer = new RecordingConsumer({ bootstrapServers: testKafka(), groupId: newGroup(), topics: [topic] });
    consumers.push(consumer);
    const started = consumer.start();
    await until(() => consumer.kafka.restarts > 0, { what: 'it has tried in vain' });
    await admin.ensureTopics([{ name: topic, partitions: 1 }]);
    await producer.sendBatch(topic, [{ key: 'k', value: 'v' }]);
    await started;
    await until(() => consumer.values.length === 1, { what: 'the message is handed out' });
    expect(consumer.assignments).toHaveLength(1);
  });

  test('idles while there are more members than partitions, and takes over when one leaves', async () => {
    const topic = await createTestTopic({ partitions: 1 });
    const groupId = newGroup();
    const members = [
      await startConsumer({ groupId, topics: [topic] }),
      await startConsumer({ groupId, topics: [topic] }),
    ];
    const ownerOf = () => members.filter(({ assignments }) => assignments.at(-1)?.partitions.length === 1);
    await until(() => members[0]!.assignments.length > 1 && ownerOf().length === 1, { what: 'one member has all' });
    const [owner] = ownerOf();
    const idler = members.find((member) => member !== owner);
    expect(idler?.assignments.at(-1)?.partitions).toEqual([]);
    await owner?.kafka.stop();
    await producer.sendBatch(topic, [{ key: 'k', value: 'v' }]);
    await until(() => idler?.values.length === 1, { what: 'the other takes over' });
  });
});

describe('a batch that is not taken over', () => {
  test('holds its partition and no other', async () => {
    const topic = await createTestTopic({ partitions: 2 });
    const [blocked, free] = [keyIn(0, 2), keyIn(1, 2)];
    const release = Promise.withResolvers<void>();
    const consumer = await startConsumer({
      groupId: newGroup(),
      topics: [topic],
      tuning: { patienceMs: 10 },
      takeOver: (batch) => (batch.partition === 0 ? release.promise : Promise.resolve()),
    });
    await producer.sendBatch(topic, [{ key: blocked, value: 'held' }]);
    await until(() => consumer.values.includes('held'), { what: 'partition 0 is held' });
    for (const value of ['free 1', 'free 2', 'free 3']) {
      await producer.sendBatch(topic, [
        { key: free, value },
        { key: blocked, value: `after ${value}` },
      ]);
      await until(() => consumer.values.includes(value), { what: 'partition 1 goes on' });
    }
    expect(consumer.values).toEqual(['held', 'free 1', 'free 2', 'free 3']);

    release.resolve();
    await until(() => consumer.values.length === 7, { what: 'partition 0 goes on' });
    expect(consumer.values.slice(4)).toEqual(['after free 1', 'after free 2', 'after free 3']);
  });

  test('and that fails ends the consumer', async () => {
    const topic = await createTestTopic();
    const takeOver = () => Promise.reject(new Error('handler is broken'));
    const consumer = await startConsumer({ groupId: newGroup(), topics: [topic], takeOver });
    await producer.sendBatch(topic, [{ key: 'k', value: 'v' }]);
    await expect(consumer.kafka.failed).rejects.toMatchObject({
      code: 'KAFKA_CONSUMER_FAILED',
      message: expect.stringContaining('handler is broken'),
    });
  });
});

describe('a rebalance', () => {
  test('gives each partition to one member, and to the other when that one leaves', async () => {
    const topic = await createTestTopic({ partitions: 4 });
    const groupId = newGroup();
    const first = await startConsumer({ groupId, topics: [topic] });
    expect(first.assignments).toEqual([{ epoch: 1, partitions: [0, 1, 2, 3] }]);

    const second = await startConsumer({ groupId, topics: [topic] });
    await until(() => first.assignments.length === 2, { what: 'the first member has rejoined' });
    const shared = [first, second].map(({ assignments }) => assignments.at(-1)?.partitions ?? []);
    expect(shared.map(({ length }) => length)).toEqual([2, 2]);
    expect(shared.flat().toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
    expect(first.revocations).toEqual([1]);
    expect(first.kafka.epoch).toBeGreaterThan(1);

    await first.kafka.stop();
    await until(() => second.assignments.at(-1)?.partitions.length === 4, { what: 'the second member has all' });
    const epochs = second.assignments.map(({ epoch }) => epoch);
    expect(epochs).toEqual(epochs.toSorted((a, b) => a - b));
  });

  test('lets the old assignment commit, and ignores its commits afterwards', async () => {
    const topic = await createTestTopic({ partitions: 2 });
    const groupId = newGroup();
    await producer.sendBatch(topic, [{ key: keyIn(0, 2), value: 'a' }]);
    const commits: Promise<void>[] = [];
    const first: RecordingConsumer = await startConsumer({
      groupId,
      topics: [topic],
      letGo: async () => {
        const [batch] = first.batches;
        if (batch !== undefined && commits.length === 0) await first.commit(batch);
      },
    });
    await until(() => first.batches.length === 1, { what: 'the message is handed out' });
    expect(await committedOffsets(groupId, topic)).toEqual([null, null]);

    await startConsumer({ groupId, topics: [topic] });
    await until(() => first.assignments.length === 2, { what: 'the first member has rejoined' });
    expect(await committedOffsets(groupId, topic)).toEqual([1n, null]);
    await first.kafka.commitOffsets(1, [{ topic, partition: 0, nextOffset: 0n }]);
    expect(await committedOffsets(groupId, topic)).toEqual([1n, null]);
  });

  test('skips no message while members come and go and everything is committed late', async () => {
    const topic = await createTestTopic({ partitions: 6 });
    const groupId = newGroup();
    const committed = new Set<string>();
    const seen = new Set<string>();
    const options = {
      groupId,
      topics: [topic],
      tuning: { heartbeatIntervalMs: 200, maxBytesPerPartition: 2_000 },
    };
    const startMember = async (): Promise<RecordingConsumer> => {
      const member: RecordingConsumer = await startConsumer({
        ...options,
        takeOver: async (batch) => {
          for (const value of batch.values) seen.add(value);
          await new Promise(setImmediate);
          await member.commit(batch);
          for (const value of batch.values) committed.add(value);
        },
      });
      return member;
    };
    const sending = (async () => {
      for (let n = 0; n < 40; n += 1) await producer.sendBatch(topic, numbered(n * 100, (n + 1) * 100));
    })();
    const first = await startMember();
    const second = await startMember();
    await until(() => seen.size > 1_000, { what: 'messages flow' });
    await first.kafka.stop();
    await startMember();
    await second.kafka.stop();
    await sending;
    await until(() => seen.size === 4_000, { what: 'every message was handed out' });
    await until(async () => (await admin.groupLag(groupId, topic)).every(({ lagMessages }) => lagMessages === 0n), {
      what: 'the lag is gone',
    });
    expect(committed.size).toBe(4_000);
  });
});

describe('stopping', () => {
  test('takes less than two seconds on an idle topic, revokes, and may be repeated', async () => {
    const topic = await createTestTopic();
    const consumer = await startConsumer({ groupId: newGroup(), topics: [topic] });
    await expect(within(2_000, consumer.kafka.stop())).resolves.toBeUndefined();
    await consumer.kafka.stop();
    expect(consumer.revocations).toEqual([1]);
  });

  test('lets the handlers commit what they have', async () => {
    const topic = await createTestTopic();
    const groupId = newGroup();
    await producer.sendBatch(topic, numbered(0, 3));
    const consumer: RecordingConsumer = await startConsumer({
      groupId,
      topics: [topic],
      letGo: async () => {
        for (const batch of consumer.batches) await consumer.commit(batch);
      },
    });
    await until(() => consumer.values.length === 3, { what: 'all messages are handed out' });
    await consumer.kafka.stop();
    expect(await committedOffsets(groupId, topic)).toEqual([3n]);
  });

  test('is fine before the consumer has run', async () => {
    const consumer = new RecordingConsumer({ bootstrapServers: testKafka(), groupId: newGroup(), topics: ['t'] });
    await expect(consumer.kafka.stop()).resolves.toBeUndefined();
  });

  test('ends a consumer that is still looking for its brokers', async () => {
    const lonely = new RecordingConsumer({ bootstrapServers: '127.0.0.1:1', groupId: newGroup(), topics: ['t'] });
    const starting = lonely.start();
    await until(() => lonely.kafka.restarts > 0, { what: 'it has tried in vain' });
    await lonely.kafka.stop();
    await starting;
    expect(lonely.assignments).toEqual([]);
  });
});

describe('a consumer that hangs', () => {
  const require = createRequire(import.meta.url);
  const group = require('kafkajs/src/consumer/consumerGroup') as {
    prototype: { fetch: (this: void) => Promise<unknown> };
  };
  test('fails when messages wait that it does not fetch', async () => {
    const topic = await createTestTopic();
    const tuning = { stallAfterMs: 300, leaveDeadlineMs: 100 };
    const consumer = await startConsumer({ groupId: newGroup(), topics: [topic], tuning });
    const { fetch } = group.prototype;
    const hanging = Promise.withResolvers<readonly []>();
    group.prototype.fetch = () => hanging.promise;
    try {
      await producer.sendBatch(topic, numbered(0, 5));
      await producer.sendBatch(topic, numbered(5, 10)); // the fetch under way may still bring the first batch
      await expect(consumer.kafka.failed).rejects.toMatchObject({
        code: 'KAFKA_CONSUMER_FAILED',
        message: `Kafka consumer hangs: nothing was fetched from ${topic}/0`,
      });
      await expect(consumer.kafka.stop()).resolves.toBeUndefined();
    } finally {
      group.prototype.fetch = fetch;
      hanging.resolve([]); // so that kafkajs closes its connections after all
    }
  });

  test('is not one that waits for its handler', async () => {
    const topic = await createTestTopic();
    const tuning = { stallAfterMs: 1_500, patienceMs: 10 };
    const held = Promise.withResolvers<void>();
    const options = { groupId: newGroup(), topics: [topic], tuning, takeOver: () => held.promise };
    const consumer = await startConsumer(options);
    await producer.sendBatch(topic, [{ key: 'k', value: 'held' }]);
    await until(() => consumer.batches.length === 1, { what: 'the partition is held' });
    await producer.sendBatch(topic, [{ key: 'k', value: 'waits' }]);
    await sleep(3_500); // nothing can be awaited: the point is that nothing happens
    expect(await Promise.race([consumer.kafka.failed, Promise.resolve('still fine')])).toBe('still fine');
    held.resolve();
    await until(() => consumer.values.includes('waits'), { what: 'the partition goes on' });
  });
});

async function within<Value>(ms: number, promise: Promise<Value>): Promise<Value> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`not within ${ms} ms`)), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
