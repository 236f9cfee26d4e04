import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestTopic, startKafkaProxy, testKafka, until, type KafkaProxy } from '@orderflow/local/testing';
import { silentLogger } from '../logger.ts';
import { KafkajsAdmin } from './kafkajs-admin.ts';
import { KafkajsProducer } from './kafkajs-producer.ts';
import type { OutgoingMessage } from './port.ts';

const logger = silentLogger();
const PARTITIONS = 3;
const KEYS = 5;
const BATCH_SIZE = 20;
const CONNECTING = 'connecting';

let admin: KafkajsAdmin;
let proxy: KafkaProxy;
let producer: KafkajsProducer;

beforeAll(async () => {
  admin = new KafkajsAdmin({ bootstrapServers: [testKafka()], clientId: 'observer' }, { logger });
  proxy = await startKafkaProxy();
  producer = new KafkajsProducer({ bootstrapServers: [proxy.bootstrapServers], clientId: 'disturbed' }, { logger });
});

afterAll(async () => {
  await producer.stop();
  await proxy.close();
  await admin.stop();
});

afterEach(() => {
  proxy.setMode('pass');
});

/** Batch number `n` of a stream in which each key counts up. */
function batchOf(n: number): readonly OutgoingMessage[] {
  return Array.from({ length: BATCH_SIZE }, (_, i) => {
    const sequence = n * BATCH_SIZE + i;
    return { key: `key-${sequence % KEYS}`, value: String(sequence) };
  });
}

async function countMessages(topic: string): Promise<bigint> {
  const ranges = await admin.readOffsets(topic);
  return ranges.reduce((sum, { low, high }) => sum + high - low, 0n);
}

/** Sends while no reply comes back; the connection is cut as soon as the broker has written the batch. */
async function sendAndLoseReply(topic: string, batch: readonly OutgoingMessage[]): Promise<void> {
  await producer.sendBatch(topic, [{ key: CONNECTING, value: '' }]); // without replies nothing connects
  const before = await countMessages(topic);
  proxy.setMode('dropReplies');
  const outcome = producer.sendBatch(topic, batch).catch((error: unknown) => error);
  await until(async () => (await countMessages(topic)) > before, { what: 'the batch is written' });
  proxy.setMode('pass');
  proxy.cut();
  expect(await outcome).toMatchObject({ kind: 'unavailable' });
}

async function readValuesByKey(topic: string): Promise<ReadonlyMap<string, readonly number[]>> {
  const values = new Map<string, number[]>();
  await admin.readTopicToEnd({
    topic,
    onMessage: ({ key, value }) => {
      const name = key?.toString() ?? '';
      if (name === CONNECTING) return;
      values.set(name, [...(values.get(name) ?? []), Number(value?.toString())]);
    },
  });
  return values;
}

describe('when the reply to a send is lost', () => {
  test('every send that resolved is in the topic, and keys first appear in order, however often', async () => {
    const topic = await createTestTopic({ partitions: PARTITIONS });
    const lostRepliesBefore = [0, 1, 3, 0, 2, 1]; // how often each batch is sent in vain
    for (const [n, losses] of lostRepliesBefore.entries()) {
      for (let loss = 0; loss < losses; loss += 1) await sendAndLoseReply(topic, batchOf(n));
      await producer.sendBatch(topic, batchOf(n));
    }

    const written = [...(await readValuesByKey(topic)).values()];
    const firstOccurrences = written.map((values) => [...new Set(values)]);
    for (const values of firstOccurrences) expect(values).toEqual(values.toSorted((a, b) => a - b));
    expect(firstOccurrences.flat().toSorted((a, b) => a - b)).toEqual(
      lostRepliesBefore.flatMap((_, n) => batchOf(n).map(({ value }) => Number(value))),
    );
    // Each lost reply was that of a batch which had been written.
    const losses = lostRepliesBefore.reduce((a, b) => a + b);
    expect(written.flat()).toHaveLength((lostRepliesBefore.length + losses) * BATCH_SIZE);
  });

  test('a different batch after it is written as well', async () => {
    const topic = await createTestTopic();
    await producer.sendBatch(topic, [{ key: 'k', value: '0' }]);
    await sendAndLoseReply(topic, [{ key: 'k', value: '1' }]);
    await producer.sendBatch(topic, [{ key: 'k', value: '2' }]);
    expect((await readValuesByKey(topic)).get('k')).toEqual([0, 1, 2]);
  });
});

describe('when the network is gone', () => {
  test('a send fails soon as unavailable, and the next one works once it is back', async () => {
    const topic = await createTestTopic();
    await producer.sendBatch(topic, [{ key: 'k', value: '0' }]);
    proxy.setMode('refuse');
    await expect(producer.sendBatch(topic, [{ key: 'k', value: '1' }])).rejects.toMatchObject({ kind: 'unavailable' });
    proxy.setMode('pass');
    await producer.sendBatch(topic, [{ key: 'k', value: '2' }]);
    expect((await readValuesByKey(topic)).get('k')).toEqual([0, 2]);
  });

  test('no connection is left over when the producer has stopped', async () => {
    const topic = await createTestTopic();
    const own = new KafkajsProducer({ bootstrapServers: [proxy.bootstrapServers], clientId: 'leaving' }, { logger });
    await own.sendBatch(topic, [{ key: 'k', value: '0' }]);
    const others = proxy.connections;
    proxy.cut();
    await Promise.allSettled([1, 2, 3].map((n) => own.sendBatch(topic, [{ key: 'k', value: String(n) }])));
    await own.sendBatch(topic, [{ key: 'k', value: '4' }]);
    await own.stop();
    await producer.stop();
    expect(others).toBeGreaterThan(0);
    await until(() => proxy.connections === 0, { what: 'all connections are closed' });
  });
});
