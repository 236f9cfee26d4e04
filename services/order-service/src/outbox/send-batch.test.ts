import { describe, expect, test } from '@jest/globals';
import { newId } from '@orderflow/contracts/ids';
import { KafkaSendError, type EventProducer, type OutgoingMessage } from '@orderflow/service-kit/kafka/port';
import { NO_TRACE } from '@orderflow/service-kit/trace-context';
import * as fc from 'fast-check';
import type { OutboxRow } from './outbox-rows.ts';
import { sendRows } from './send-batch.ts';

let nextRowId = 0;
function row(orderId: string, payload = 'ok'): OutboxRow {
  nextRowId += 1;
  return {
    shard: 0,
    id: nextRowId,
    eventId: newId(),
    orderId,
    eventType: 'ORDER_CREATED',
    payload,
    ...NO_TRACE,
    attempts: 0,
  };
}

/** A Kafka that refuses whole batches with a poison message in them, as the real one does. */
function pickyProducer(): { producer: EventProducer; written: OutgoingMessage[] } {
  const written: OutgoingMessage[] = [];
  const producer: EventProducer = {
    sendBatch: (_topic, messages) => {
      if (messages.some(({ value }) => value === 'poison')) {
        return Promise.reject(new KafkaSendError('rejected', new Error('too large')));
      }
      written.push(...messages);
      return Promise.resolve();
    },
  };
  return { producer, written };
}

describe('sendRows', () => {
  test('sends what is around a refused row, and holds back what follows it in the same order', async () => {
    const { producer, written } = pickyProducer();
    const rows = [row('a'), row('b', 'poison'), row('b'), row('c'), row('b'), row('a')];
    const outcome = await sendRows(producer, 'topic', rows);
    expect(outcome.sent.map(({ orderId }) => orderId)).toEqual(['a', 'c', 'a']);
    expect(outcome.refused.map(({ row: { id } }) => id)).toEqual([rows[1]?.id]);
    expect(written.map(({ key }) => key)).toEqual(['a', 'c', 'a']);
  });

  test('sends, refuses or holds back every row, and never lets a row overtake an older one of its order', async () => {
    const batches = fc.array(
      fc.record({ order: fc.constantFrom('a', 'b', 'c', 'd'), payload: fc.constantFrom('ok', 'ok', 'ok', 'poison') }),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(batches, async (batch) => {
        const { producer } = pickyProducer();
        const rows = batch.map(({ order, payload }) => row(order, payload));
        const { sent, refused } = await sendRows(producer, 'topic', rows);
        for (const order of ['a', 'b', 'c', 'd']) {
          const ofOrder = rows.filter(({ orderId }) => orderId === order);
          const firstPoison = ofOrder.findIndex(({ payload }) => payload === 'poison');
          const sendable = firstPoison === -1 ? ofOrder : ofOrder.slice(0, firstPoison);
          expect(sent.filter(({ orderId }) => orderId === order)).toEqual(sendable);
          expect(refused.filter((refusal) => refusal.row.orderId === order)).toHaveLength(firstPoison === -1 ? 0 : 1);
        }
      }),
    );
  });

  test('an outage is nobody\u2019s fault: it is thrown, and no row is refused for it', async () => {
    const outage = new KafkaSendError('unavailable', new Error('no leader'));
    const producer: EventProducer = { sendBatch: () => Promise.reject(outage) };
    await expect(sendRows(producer, 'topic', [row('a'), row('b')])).rejects.toBe(outage);
  });
});
