import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { createRequire } from 'node:module';
import { encodeProduceRequest, type ProduceRequest } from './produce-encoding.ts';

const require = createRequire(import.meta.url);
const createKafkajsRequest = require('kafkajs/src/protocol/requests/produce/v7/request') as (request: object) => {
  encode(): Promise<{ readonly buffer: Buffer }>;
};

const NOW_MS = 1_700_000_000_000;

/** What kafkajs itself makes of the request. The time is given per message, since it takes the clock's otherwise. */
async function encodeWithKafkajs({ acks, timeoutMs, topicData }: ProduceRequest): Promise<Buffer> {
  const timed = topicData.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ partition, messages }) => ({
      partition,
      firstSequence: 0,
      messages: messages.map((message) => ({ ...message, timestamp: NOW_MS })),
    })),
  }));
  const request = createKafkajsRequest({ acks, timeout: timeoutMs, compression: 0, topicData: timed });
  return (await request.encode()).buffer;
}

const text = fc.string({ unit: 'binary', maxLength: 300 });
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const headers = fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 20 }), text, {
  maxKeys: 4,
  noNullPrototype: true,
});
const message = fc.record(
  { key: text, value: fc.oneof(text, bytes, fc.constant(null)), headers },
  { requiredKeys: ['key', 'value'] },
);
const partition = fc.record({ partition: fc.nat(1000), messages: fc.array(message, { minLength: 1, maxLength: 20 }) });
const topic = fc.record({
  topic: fc.string({ minLength: 1, maxLength: 50 }),
  partitions: fc.array(partition, { minLength: 1, maxLength: 4 }),
});

test('encodes any request to the bytes that kafkajs encodes it to', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(topic, { minLength: 1, maxLength: 2 }), async (topicData) => {
      const request = { acks: -1, timeoutMs: 5_000, topicData, nowMs: NOW_MS };
      expect(encodeProduceRequest(request).equals(await encodeWithKafkajs(request))).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test('encodes requests that outgrow the first buffer', async () => {
  const messages = Array.from({ length: 300 }, (_, i) => ({ key: `key-${i}`, value: 'x'.repeat(1_000) }));
  const request = {
    acks: -1,
    timeoutMs: 5_000,
    topicData: [{ topic: 't', partitions: [{ partition: 3, messages }] }],
    nowMs: NOW_MS,
  };
  expect(encodeProduceRequest(request).equals(await encodeWithKafkajs(request))).toBe(true);
});
