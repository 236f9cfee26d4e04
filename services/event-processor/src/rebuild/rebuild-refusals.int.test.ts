import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { newId } from '@orderflow/contracts/ids';
import { testKafka, until } from '@orderflow/local/testing';
import { createKafka } from '@orderflow/service-kit/kafka/kafkajs-client';
import { silentLogger } from '@orderflow/service-kit/logger';
import { createAnalytics, createStream, orderStories, readSales, untilSalesAre } from '../../test/analytics.ts';
import type { TestAnalytics, TestStream } from '../../test/analytics.ts';
import { createProcessors } from '../../test/processors.ts';
import { rebuild, startRebuild, type RebuildTarget } from '../../test/rebuilds.ts';

let analytics: TestAnalytics;
let stream: TestStream;
let target: RebuildTarget;
let sales: Record<string, string>;

beforeEach(async () => {
  analytics = await createAnalytics();
  stream = await createStream({ partitions: 2 });
  target = { databaseUrl: analytics.url, stream };
  await using processors = await createProcessors(analytics.url, stream);
  const events = orderStories(100);
  await stream.send(events);
  await processors.start('processor');
  await untilSalesAre(analytics.pool, events);
  sales = await readSales(analytics.pool);
});
afterEach(async () => {
  await stream[Symbol.asyncDispose]();
  await analytics[Symbol.asyncDispose]();
});

const query = async (sql: string): Promise<unknown[]> => (await analytics.pool.query(sql)).rows as unknown[];
const schemas = () => query(`SELECT nspname AS name FROM pg_namespace WHERE nspname LIKE 'analytics\\_%'`);

async function whileHeldUp(work: () => Promise<void>): Promise<void> {
  const holder = await analytics.pool.connect();
  try {
    await holder.query('SELECT pg_advisory_lock(99)');
    await work();
  } finally {
    holder.release(true); // lets go of the lock
  }
}

describe('a rebuild that is killed', () => {
  beforeEach(async () => {
    // The rebuilt tables have it as well, so that every batch waits until the lock is free.
    await query(
      `CREATE FUNCTION held_up() RETURNS boolean LANGUAGE sql AS 'SELECT pg_advisory_xact_lock(99) IS NOT NULL'`,
    );
    await query('ALTER TABLE sales_totals ADD CONSTRAINT held_up CHECK (held_up()) NOT VALID');
  });

  test('lets no other one begin, leaves live tables as they were, and the next one clears up and comes to its end', async () => {
    await whileHeldUp(async () => {
      const first = startRebuild(target, '--swap');
      await until(async () => (await query("SELECT FROM pg_stat_activity WHERE wait_event = 'advisory'")).length > 0, {
        what: 'the first one is in the middle of a batch',
      });
      expect(await rebuild(target)).toMatchObject({
        code: 3,
        stderr: expect.stringContaining('another rebuild of this database is under way'),
      });
      first.kill();
      expect(await first.ended).toMatchObject({ code: null });
    });
    expect(await readSales(analytics.pool)).toEqual(sales);
    const next = await rebuild(target);
    expect(next).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^dropped analytics_rebuild_\w+, which a killed/),
    });
    expect(await schemas()).toEqual([]);
    expect(await readSales(analytics.pool)).toEqual(sales);
  });
});

describe('a rebuild is refused', () => {
  const refusal = async (...args: readonly string[]): Promise<string> => {
    const { code, stderr } = await rebuild(target, ...args);
    expect(code).toBe(3);
    expect(await readSales(analytics.pool)).toEqual(sales);
    expect(await schemas()).toEqual([]);
    return stderr;
  };

  test('when retention has deleted the beginning of the topic', async () => {
    const admin = createKafka({ bootstrapServers: [testKafka()], clientId: 'test' }, silentLogger()).admin();
    await admin.connect();
    await admin.fetchTopicOffsets(stream.topic); // else it does not know the leaders
    await admin.deleteTopicRecords({ topic: stream.topic, partitions: [{ partition: 1, offset: '7' }] });
    await admin.disconnect();
    expect(await refusal('--swap')).toMatch(/partition 1 begins at offset 7: retention has deleted the rest/);
  });

  test('when the topic was made anew', async () => {
    await stream.recreateTopic();
    expect(await refusal('--swap')).toMatch(/partition 0 is applied up to offset \d+ and ends at 0: it was made anew/);
  });

  test('when analytics was made of another topic as well', async () => {
    await query("INSERT INTO consumer_offset VALUES ('group', 'other-events', 0, 3)");
    expect(await refusal()).toMatch(/other topics as well, and would lose them: other-events/);
  });

  test('to swap when live knows an event that the topic does not have', async () => {
    const id = newId();
    await query(`INSERT INTO processed_events VALUES ('${id}', '${newId()}', 1, 'ORDER_CREATED', 0, 3)`);
    expect(await rebuild(target)).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(
        new RegExp(`processed_events ${id} {2}event: live ORDER_CREATED 1 of order .*, rebuilt nothing`),
      ),
    });
    expect(await refusal('--swap')).toMatch(/1 events that live has applied are not in the topic/);
  });

  test('to swap when something hangs on the tables that would stay with the old ones', async () => {
    await query('CREATE MATERIALIZED VIEW top AS SELECT max(units) FROM sales_by_product');
    await query(`CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'`);
    await query('CREATE TRIGGER watch BEFORE INSERT ON sales_totals FOR EACH ROW EXECUTE FUNCTION nothing()');
    expect(await rebuild(target)).toMatchObject({ code: 0 });
    expect(await refusal('--swap')).toMatch(/materialized view top\n {2}trigger watch on sales_totals\n/);
  });
});

test('nonsense ends with code 2: options with the usage, a configuration with every bad key', async () => {
  expect(await rebuild(target, '--force')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('usage: npm run rebuild'),
  });
  const main = join(import.meta.dirname, '..', 'rebuild-main.ts');
  const failed = promisify(execFile)(process.execPath, [main], { env: { PATH: process.env['PATH'] } });
  await expect(failed).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^invalid configuration: (?=.*DATABASE_URL)(?=.*KAFKA_BOOTSTRAP_SERVERS).*\n$/),
  });
});
