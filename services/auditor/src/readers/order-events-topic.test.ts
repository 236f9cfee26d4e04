import { expect, test } from '@jest/globals';
import type { TopicReading } from '@orderflow/service-kit/kafka/admin-port';
import { readOrderEvents } from './order-events-topic.ts';
import { TextPool } from './text-pool.ts';

const EVENT = {
  eventId: '0193ab00-0000-7000-9000-000000000001',
  eventType: 'ORDER_CREATED',
  orderId: '0193ab00-0000-7000-8000-000000000001',
  customerId: 'customer-1',
  totalPrice: 39.98,
  timestamp: '2026-01-31T12:00:00.000Z',
  version: 1,
  sequence: 1,
  items: [{ productId: 'product-1', quantity: 2, price: 19.99 }],
};

/** A topic of one partition that begins at offset 5. */
function topicOf(...messages: readonly { readonly key: string | null; readonly value: string | null }[]) {
  return {
    readTopicToEnd(reading: TopicReading) {
      for (const [index, { key, value }] of messages.entries()) {
        const bytes = {
          key: key === null ? null : Buffer.from(key),
          value: value === null ? null : Buffer.from(value),
        };
        reading.onMessage({ ...bytes, headers: {}, offset: 5n + BigInt(index), timestampMs: 0 }, 0);
      }
      return Promise.resolve([{ partition: 0, low: 5n, high: 5n + BigInt(messages.length) }]);
    },
  };
}

const read = (kafka: ReturnType<typeof topicOf>) => readOrderEvents({ kafka, topic: 't', texts: new TextPool() });

test('reads order events with their places', async () => {
  const { messages, unreadable, expiredMessages } = await read(
    topicOf({ key: EVENT.orderId, value: JSON.stringify(EVENT) }),
  );
  expect(messages).toEqual([
    {
      partition: 0,
      offset: 5,
      key: EVENT.orderId,
      change: {
        eventId: EVENT.eventId,
        eventType: 'ORDER_CREATED',
        orderId: EVENT.orderId,
        customerId: 'customer-1',
        totalCents: 3_998,
        timestampMs: Date.parse(EVENT.timestamp),
        sequence: 1,
        itemsText: 'product-1 2 1999',
      },
    },
  ]);
  expect(unreadable).toEqual([]);
  expect(expiredMessages).toBe(5);
});

test('keeps a key that is not the order id, and none', async () => {
  const value = JSON.stringify({ ...EVENT, eventType: 'ORDER_SHIPPED' });
  const { messages } = await read(topicOf({ key: 'other', value }, { key: null, value }));
  expect(messages.map(({ key, change }) => [key, change.itemsText])).toEqual([
    ['other', undefined],
    [undefined, undefined],
  ]);
});

test.each([
  ['has no value', null],
  ['is no JSON', 'poison'],
  ['is of a version to come', JSON.stringify({ ...EVENT, version: 2 })],
  ['has no sequence', JSON.stringify({ ...EVENT, sequence: undefined })],
  ['has no type', JSON.stringify({ ...EVENT, eventType: 'ORDER_RETURNED' })],
])('notes where a message lies that %s', async (_, value) => {
  const { messages, unreadable } = await read(topicOf({ key: 'k', value }));
  expect(messages).toEqual([]);
  expect(unreadable).toEqual([{ partition: 0, offset: 5 }]);
});
