import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { newId } from '@orderflow/contracts/ids';
import { testKafka, until } from '@orderflow/local/testing';
import { KafkaSendError, type EventProducer, type OutgoingMessage } from '@orderflow/service-kit/kafka/port';
import { silentLogger } from '@orderflow/service-kit/logger';
import { createAnalytics, createStream, orderStories, untilSalesAre } from '../../test/analytics.ts';
import type { TestAnalytics, TestStream } from '../../test/analytics.ts';
import { incoming, orderCreated } from '../../test/order-events.ts';
import { createProcessors, type Processors } from '../../test/processors.ts';
import { recordDeadLetters } from '../apply/batch-statements.ts';
import { toDeadDelivery } from '../apply/prepared-delivery.ts';
import { listDeadLetters } from './dead-letter-store.ts';
import { forwardDeadLetters } from './forward-dead-letters.ts';
import { createUnforwardedLetters } from './unforwarded-letters.ts';

const DLQ_MAIN = join(import.meta.dirname, '..', 'dlq-main.ts');
const NEVER = new AbortController().signal;

let analytics: TestAnalytics;
let stream: TestStream;
let processors: Processors;

beforeEach(async () => {
  analytics = await createAnalytics();
  stream = await createStream({ partitions: 2 });
  processors = await createProcessors(analytics.url, stream);
});
afterEach(async () => {
  await processors[Symbol.asyncDispose]();
  await stream[Symbol.asyncDispose]();
  await analytics[Symbol.asyncDispose]();
});

interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function dlq(...args: readonly string[]): Promise<CommandResult> {
  const env = { PATH: process.env['PATH'], DATABASE_URL: analytics.url, KAFKA_BOOTSTRAP_SERVERS: testKafka() };
  try {
    const done = await promisify(execFile)(process.execPath, [DLQ_MAIN, ...args], {
      env: { ...env, TOPIC: stream.topic },
    });
    return { code: 0, ...done };
  } catch (error: unknown) {
    return error as CommandResult;
  }
}

const letters = (onlyUnreplayed = true) => listDeadLetters(analytics.pool, stream.topic, { onlyUnreplayed });

describe('dead letters', () => {
  test('are applied once by a replay after what was wrong has been mended', async () => {
    // What is wrong: a constraint that somebody added and that one product breaks.
    await analytics.pool.query("ALTER TABLE sales_by_product ADD CONSTRAINT no_hats CHECK (product_id <> 'hat')");
    const hats = Array.from({ length: 3 }, () =>
      orderCreated({ items: [{ productId: 'hat', quantity: 3, price: 19.99 }] }),
    );
    const events = orderStories(20);
    await stream.send([...events.slice(0, 10), ...hats, ...events.slice(10)]);
    await stream.send([{ key: newId(), value: 'never an event' }]);
    await processors.start('processor');
    await untilSalesAre(analytics.pool, events);
    await until(async () => (await letters()).length === 4, { what: 'the letters' });

    const listed = await dlq('list');
    expect(listed.stdout.trim().split('\n')).toHaveLength(4);
    expect(listed.stdout).toContain('no_hats');
    expect((await dlq('replay', '--all', '--dry-run')).stdout).toBe(listed.stdout);
    expect(await letters()).toHaveLength(4);

    await analytics.pool.query('ALTER TABLE sales_by_product DROP CONSTRAINT no_hats');
    const first = (await letters()).find(({ key }) => key?.toString() === hats[0]?.orderId);
    const one = await dlq('replay', '--partition', String(first?.partition), '--offset', String(first?.sourceOffset));
    expect(one.stdout).toContain('1 replayed');
    await untilSalesAre(analytics.pool, [...events, ...hats.slice(0, 1)]);
    expect((await dlq('replay', '--all')).stdout).toContain('3 replayed');
    await untilSalesAre(analytics.pool, [...events, ...hats]);

    // What is still poison is a new letter; nothing else is left, and a second replay doubles nothing.
    await until(async () => (await letters()).length === 1, { what: 'the poison is a letter again' });
    expect(await letters(false)).toHaveLength(5);
    await stream.send(hats);
    await until(async () => (await stream.lag()) === 0n, { what: 'the group has committed everything' });
    await untilSalesAre(analytics.pool, [...events, ...hats]);
  });

  test('the command says what it wants when it is asked nonsense', async () => {
    expect(await dlq('replay')).toMatchObject({ code: 2, stderr: expect.stringContaining('usage: npm run dlq') });
    expect(await dlq('list')).toMatchObject({ code: 0, stdout: '' });
  });
});

describe('the forwarder', () => {
  const record = async (count: number): Promise<void> => {
    const dead = Array.from({ length: count }, (_, index) =>
      toDeadDelivery({ partition: 0, message: incoming({ offset: BigInt(index) }) }, 'NOT_JSON: no'),
    );
    const tx = await analytics.pool.connect();
    await recordDeadLetters(tx, stream.topic, dead);
    tx.release();
  };

  /** Takes what `refuse` lets pass. */
  class FakeProducer implements EventProducer {
    readonly sent: OutgoingMessage[] = [];
    refuse: (message: OutgoingMessage) => KafkaSendError | undefined = () => undefined;

    async sendBatch(_topic: string, messages: readonly OutgoingMessage[]): Promise<void> {
      for (const message of messages) {
        const refusal = this.refuse(message);
        if (refusal !== undefined) throw refusal;
      }
      this.sent.push(...messages);
    }
  }

  function forward(producer: EventProducer): Promise<void> {
    const { pool } = analytics;
    const counts = { onForwarded: () => undefined, onRejected: () => undefined };
    const unforwarded = createUnforwardedLetters(pool);
    return forwardDeadLetters(
      { unforwarded, producer, dlqTopic: stream.dlqTopic, logger: silentLogger(), ...counts },
      NEVER,
    );
  }

  const offsets = ({ sent }: FakeProducer) => sent.map(({ headers }) => Number(headers?.['dlq-source-offset']));

  test('copies every letter once, oldest first', async () => {
    await record(250);
    const producer = new FakeProducer();
    await forward(producer);
    await forward(producer);
    expect(offsets(producer)).toEqual(Array.from({ length: 250 }, (_, index) => index));
  });

  test('keeps the letters when Kafka is away, and copies them later', async () => {
    await record(3);
    const producer = new FakeProducer();
    producer.refuse = () => new KafkaSendError('unavailable', new Error('no leader'));
    await expect(forward(producer)).rejects.toThrow('unavailable');
    producer.refuse = () => undefined;
    await forward(producer);
    expect(offsets(producer)).toEqual([0, 1, 2]);
  });

  test('leaves a letter in the table that Kafka can never take, and copies the others', async () => {
    await record(3);
    const producer = new FakeProducer();
    producer.refuse = ({ headers }) =>
      headers?.['dlq-source-offset'] === '1' ? new KafkaSendError('rejected', new Error('too large')) : undefined;
    await forward(producer);
    await forward(producer);
    expect(offsets(producer)).toEqual([0, 2]);
    const { rows } = await analytics.pool.query(
      'SELECT source_offset, forward_error FROM dead_letters WHERE forwarded_at IS NULL',
    );
    expect(rows).toEqual([{ source_offset: 1, forward_error: expect.stringContaining('too large') }]);
  });
});
