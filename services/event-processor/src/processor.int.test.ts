import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { salesReportSchema } from '@orderflow/contracts/analytics';
import { newId } from '@orderflow/contracts/ids';
import { until } from '@orderflow/local/testing';
import {
  createAnalytics,
  createStream,
  expectedSales,
  orderStories,
  readSales,
  untilSalesAre,
  type TestAnalytics,
  type TestStream,
} from '../test/analytics.ts';
import { orderCreated, toOutgoing } from '../test/order-events.ts';
import { createProcessors, readMetric, type Processors } from '../test/processors.ts';
import { keepSending } from '../test/steady-load.ts';

let analytics: TestAnalytics;
let stream: TestStream;
let processors: Processors;

beforeEach(async () => {
  analytics = await createAnalytics();
  stream = await createStream({ partitions: 4 });
  processors = await createProcessors(analytics.url, stream);
});
afterEach(async () => {
  await processors[Symbol.asyncDispose]();
  await stream[Symbol.asyncDispose]();
  await analytics[Symbol.asyncDispose]();
});

const nothingLags = () =>
  until(async () => (await stream.lag()) === 0n, { what: 'the group has committed everything', timeoutMs: 30_000 });

describe('effects are exactly once', () => {
  test('when every event is delivered twice', async () => {
    const events = orderStories(400);
    await stream.send(events);
    const processor = await processors.start('twice');
    await stream.send(events);
    await nothingLags();
    await untilSalesAre(analytics.pool, events);
    expect(await readMetric(processor, 'events_processed_total{result="applied"}')).toBe(events.length);
    expect(await readMetric(processor, 'events_processed_total{result="duplicate"}')).toBe(events.length);
    expect(await readMetric(processor, 'event_end_to_end_seconds_count')).toBe(events.length);
  });

  test('when a processor is killed after the database commit and before the offset commit', async () => {
    const events = orderStories(300);
    await stream.send(events);
    const victim = await processors.start('victim', { OFFSET_COMMIT_INTERVAL_MS: '86400000' });
    await untilSalesAre(analytics.pool, events);
    victim.kill();
    await victim.process.exited;
    expect(await stream.lag()).toBe(BigInt(events.length)); // else there was nothing to see twice
    const more = orderStories(50);
    await stream.send(more);
    const successor = await processors.start('successor');
    await nothingLags();
    await untilSalesAre(analytics.pool, [...events, ...more]);
    expect(await readMetric(successor, 'events_processed_total{result="duplicate"}')).toBe(events.length);
  });

  test('when processors are killed, come and go under load', async () => {
    const load = keepSending(stream);
    const first = await processors.start('first');
    await until(() => load.sent.length > 500, { what: 'some load' });
    const second = await processors.start('second');
    await until(() => readMetric(second, 'events_processed_total{result="applied"}'), { what: 'the second works' });
    first.kill();
    await processors.start('third');
    await second.stop();
    const events = await load.stop();
    await nothingLags();
    await untilSalesAre(analytics.pool, events);
    expect(await readSales(analytics.pool)).toEqual(expectedSales(events));
  });

  test('when the topic is made anew and its offsets begin again', async () => {
    const events = orderStories(100);
    await stream.send(events);
    const before = await processors.start('before');
    await untilSalesAre(analytics.pool, events);
    await before.stop();
    await stream.recreateTopic();
    const more = orderStories(20);
    await stream.send(more);
    await processors.start('after');
    await untilSalesAre(analytics.pool, [...events, ...more]);
    expect(await stream.readDeadLetters()).toEqual([]);
  });
});

describe('a processor that is stopped', () => {
  test('commits what it has applied and leaves nothing to see twice', async () => {
    const events = orderStories(200);
    await stream.send(events);
    const first = await processors.start('first', { OFFSET_COMMIT_INTERVAL_MS: '86400000' });
    await untilSalesAre(analytics.pool, events);
    await first.stop();
    expect((await first.process.exited).code).toBe(0);
    expect(await stream.lag()).toBe(0n);
  });

  test('stops in time with a slow handler and a full channel, and the next one goes on', async () => {
    const events = orderStories(200);
    await stream.send(events);
    const slow = await processors.start('slow', { PROCESSING_DELAY_MS: '20' });
    await until(() => readMetric(slow, 'events_processed_total{result="applied"}'), { what: 'a first batch' });
    await slow.stop();
    expect((await slow.process.exited).code).toBe(0);
    await processors.start('next');
    await untilSalesAre(analytics.pool, events);
  });
});

describe('poison', () => {
  const poisons = (): Record<string, { key: string; value: string | Buffer | null }> => {
    const good = orderCreated();
    const withFields = (fields: object) => ({ key: good.orderId, value: JSON.stringify({ ...good, ...fields }) });
    return {
      NOT_JSON: { key: newId(), value: '{"eventId":' },
      NOT_UTF8: { key: newId(), value: Buffer.from([0xc3, 0x28]) },
      NO_VALUE: { key: newId(), value: null },
      KEY_IS_NOT_ORDER_ID: { key: newId(), value: JSON.stringify(good) },
      'NOT_AN_ORDER_EVENT: items.0.price': withFields({ items: [{ productId: 'p', quantity: 1, price: -5 }] }),
      'NOT_AN_ORDER_EVENT: eventType': withFields({ eventType: 'ORDER_EATEN' }),
      'NOT_AN_ORDER_EVENT: sequence': withFields({ sequence: -1 }),
      'REFUSED_BY_DATABASE: value "1099511627776" is out of range': withFields({ sequence: 2 ** 40 }),
    };
  };

  test('goes to the dead letter topic with reason, place and all that it was, and holds up nothing', async () => {
    const sent = poisons();
    const events = orderStories(50);
    const messages = Object.entries(sent).flatMap(([reason, message], index) => [
      { ...message, headers: { reason } },
      ...events.slice(index * 10, index * 10 + 10),
    ]);
    await stream.send([...messages, ...events.slice(Object.keys(sent).length * 10)]);
    const processor = await processors.start('poisoned');
    await untilSalesAre(analytics.pool, events);
    await nothingLags();
    const letters = await until(() => stream.readDeadLetters(), {
      what: 'every poison is in the dead letter topic',
      isDone: (list) => list.length >= Object.keys(sent).length,
    });
    expect(letters).toHaveLength(Object.keys(sent).length);
    for (const { key, value, headers } of letters) {
      const { reason = '', ...dlqHeaders } = headers;
      const source = sent[reason];
      expect({ key: key?.toString(), value }).toEqual({
        key: source?.key,
        value: source?.value === null ? null : Buffer.from(source?.value ?? ''),
      });
      expect(dlqHeaders).toEqual({
        'dlq-error': expect.stringContaining(reason),
        'dlq-source-topic': stream.topic,
        'dlq-source-partition': expect.stringMatching(/^[0-3]$/),
        'dlq-source-offset': expect.stringMatching(/^\d+$/),
        'dlq-failed-at': expect.stringMatching(/^\d{4}-.*Z$/),
      });
    }
    expect(await readMetric(processor, 'events_processed_total{result="dlq"}')).toBe(letters.length);
  });
});

describe('the outside of a processor', () => {
  test('answers sales and refuses what it does not understand', async () => {
    const events = orderStories(30);
    await stream.send(events);
    const processor = await processors.start('api');
    await untilSalesAre(analytics.pool, events);
    const response = await fetch(`${processor.url}/analytics/sales?minutes=2&top=3`);
    const report = salesReportSchema.parse(await response.json());
    const sales = await readSales(analytics.pool);
    expect(report.totals).toEqual({
      orders: Number(sales['orders_total']),
      revenue: Number(sales['revenue_total']),
      ordersPaid: Number(sales['orders_paid_total']),
      ordersShipped: Number(sales['orders_shipped_total']),
      ordersCancelled: Number(sales['orders_cancelled_total']),
      revenuePaid: Number(sales['revenue_paid_total']),
      revenueCancelled: Number(sales['revenue_cancelled_total']),
      revenueNet: Number(sales['revenue_net']),
    });
    expect(report.perMinute.map(({ minute }) => minute)).toEqual(['2026-01-31T12:03Z', '2026-01-31T12:04Z']);
    expect(report.topProducts).toHaveLength(3);
    const bad = await fetch(`${processor.url}/analytics/sales?minutes=0&top=many`);
    expect(bad.status).toBe(400);
    expect(bad.headers.get('content-type')).toBe('application/problem+json');
    expect(await bad.json()).toMatchObject({ errors: [{ pointer: '/minutes' }, { pointer: '/top' }] });
    expect((await fetch(`${processor.url}/analytics/sales`, { method: 'DELETE' })).status).toBe(405);
    expect((await fetch(`${processor.url}/nothing`)).status).toBe(404);
  });

  test('shows lag and what waits in memory, which stays bounded', async () => {
    const events = Array.from({ length: 400 }, () => orderCreated());
    await stream.send(events.map(toOutgoing));
    const limits = { CHANNEL_MAX_MESSAGES: '50', PROCESSING_DELAY_MS: '5' };
    const processor = await processors.start('bounded', limits);
    const waiting: number[] = [];
    await until(
      async () => {
        waiting.push((await readMetric(processor, 'channel_messages')) ?? 0);
        return readMetric(processor, 'events_processed_total{result="applied"}');
      },
      { what: 'all is applied', isDone: (applied) => applied === events.length, timeoutMs: 30_000 },
    );
    expect(Math.max(...waiting)).toBeGreaterThan(0);
    expect(Math.max(...waiting)).toBeLessThanOrEqual(50);
    for (const partition of [0, 1, 2, 3]) {
      expect(await readMetric(processor, `consumer_lag_messages{partition="${partition}"}`)).toBe(0);
    }
  });
});
