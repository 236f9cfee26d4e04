import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { firstIdAt, newId } from '@orderflow/contracts/ids';
import { salesReportSchema } from '@orderflow/contracts/analytics';
import { until } from '@orderflow/local/testing';
import { createStream, expectedSales, orderStories, readSales, untilSalesAre } from '../../test/analytics.ts';
import type { TestStream } from '../../test/analytics.ts';
import { orderCreated } from '../../test/order-events.ts';
import { createProcessors, readMetric, type Processors } from '../../test/processors.ts';
import { rebuild, startRebuild, type RebuildTarget } from '../../test/rebuilds.ts';
import { createOwnedAnalytics, type OwnedAnalytics } from '../../test/roles.ts';
import { keepSending } from '../../test/steady-load.ts';
import { listDeadLetters } from '../dead-letters/dead-letter-store.ts';

let analytics: OwnedAnalytics;
let stream: TestStream;
let processors: Processors;
let target: RebuildTarget;

beforeEach(async () => {
  analytics = await createOwnedAnalytics();
  stream = await createStream({ partitions: 4 });
  processors = await createProcessors(analytics.runtimeUrl, stream);
  target = { databaseUrl: analytics.ownerUrl, stream };
});
afterEach(async () => {
  await processors[Symbol.asyncDispose]();
  await stream[Symbol.asyncDispose]();
  await analytics[Symbol.asyncDispose]();
});

const startProcessor = (name: string) => processors.start(name, { MIGRATE: 'off' });

const query = async (sql: string): Promise<unknown[]> => (await analytics.pool.query(sql)).rows as unknown[];

const schemas = async (): Promise<string[]> => {
  const rows = await query(`SELECT nspname FROM pg_namespace WHERE nspname LIKE 'analytics\\_%' ORDER BY 1`);
  return rows.map((row) => (row as { nspname: string }).nspname);
};

/** A bug's traces: revenue that is too high, a minute that is missing, a product that was counted too often. */
async function corrupt(): Promise<void> {
  await query(`UPDATE sales_totals SET value = value + 12345 WHERE metric_name = 'revenue_total' AND slot =
    (SELECT min(slot) FROM sales_totals WHERE metric_name = 'revenue_total')`);
  await query(`DELETE FROM sales_by_minute WHERE minute = '2026-01-31T12:03Z'`);
  await query(`UPDATE sales_by_product SET units = units + 1 WHERE product_id = 'product-3' AND slot =
    (SELECT min(slot) FROM sales_by_product WHERE product_id = 'product-3')`);
}

const nothingLags = () =>
  until(async () => (await stream.lag()) === 0n, { what: 'the group has committed everything', timeoutMs: 30_000 });

describe('a rebuild under load', () => {
  test('finds what is wrong, mends it by a swap, and the processors go on without a restart', async () => {
    const load = keepSending(stream);
    const [first, second] = await Promise.all([startProcessor('first'), startProcessor('second')]);
    await until(() => readSales(analytics.pool), {
      what: 'sales',
      isDone: (sales) => Number(sales['orders_total']) > 300,
    });
    expect(await rebuild(target)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^equal: \d+ figures and/m) });
    await corrupt();

    const found = await rebuild(target);
    expect(found).toMatchObject({ code: 1, stderr: '' });
    expect(found.stdout).toMatch(/sales_totals revenue_total {2}value: live (\d+), rebuilt (?!\1)\d+/);
    expect(found.stdout).toMatch(/sales_by_minute 2026-01-31T12:03Z {2}orders: live (nothing|\d+), rebuilt \d+/);
    expect(found.stdout).toMatch(/sales_by_product product-3 {2}units: live \d+, rebuilt \d+/);
    expect(await schemas()).toEqual([]);

    const mended = await rebuild(target, '--swap');
    expect(mended).toMatchObject({ code: 0, stderr: '' });
    expect(mended.stdout).toMatch(/swapped; writers were locked out for \d+\.\d\d s/);
    const events = [...(await load.stop())];
    await untilSalesAre(analytics.pool, events);
    await stream.send(events.slice(0, 500)); // what comes again is known to the tables that are new
    await nothingLags();
    expect(await readSales(analytics.pool)).toEqual(expectedSales(events));
    const report = await fetch(`${first.url}/analytics/sales`).then((response) => response.json());
    expect(salesReportSchema.parse(report).totals.revenue).toBe(Number(expectedSales(events)['revenue_total']));
    for (const processor of [first, second]) expect(await readMetric(processor, 'event_batch_retries_total')).toBe(0);

    expect(await rebuild(target)).toMatchObject({ code: 0 });
    expect(await schemas()).toEqual([expect.stringMatching(/^analytics_before_/)]);
    expect(await rebuild(target, '--drop-old')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^dropped analyt/),
    });
    expect(await schemas()).toEqual([]);
  });

  test('leaves indexes, constraints, storage parameters and rights as they were', async () => {
    const describeTables = () =>
      query(`SELECT relname, relacl::text, reloptions, pg_get_userbyid(relowner) AS owner, pg_get_viewdef(c.oid) AS view,
        (SELECT json_agg(attname || attacl::text ORDER BY attname) FROM pg_attribute WHERE attrelid = c.oid) AS column_rights,
        (SELECT json_agg(pg_get_indexdef(indexrelid) ORDER BY pg_get_indexdef(indexrelid)) FROM pg_index WHERE indrelid = c.oid) AS indexes,
        (SELECT json_agg(conname || pg_get_constraintdef(k.oid) ORDER BY conname) FROM pg_constraint k WHERE conrelid = c.oid) AS constraints
        FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v') ORDER BY 1`);
    await query('ALTER TABLE sales_by_product ADD CONSTRAINT no_hats CHECK (units >= 0)');
    await query('CREATE VIEW hats AS SELECT sum(units) AS units FROM sales_by_product');
    const before = await describeTables();
    await stream.send(orderStories(20));
    await startProcessor('processor');
    await nothingLags();
    await corrupt();
    const right = await query('SELECT units - 1 AS units FROM hats');
    expect(await rebuild(target, '--swap')).toMatchObject({ code: 0 });
    expect(await describeTables()).toEqual(before);
    expect(await query('SELECT units FROM hats')).toEqual(right);
  });

  test('tries again while a reader keeps the tables, and lets readers and writers through meanwhile', async () => {
    const events = orderStories(50);
    await stream.send(events);
    await startProcessor('processor');
    await untilSalesAre(analytics.pool, events);
    await corrupt();
    const reader = await analytics.pool.connect();
    await reader.query('BEGIN');
    await reader.query('SELECT FROM sales_totals');
    const swapping = startRebuild(target, '--swap');
    await until(() => swapping.stdout().includes('no swap at attempt 1'), { what: 'a first attempt' });
    await reader.query('SELECT FROM processed_events');
    await reader.query('COMMIT');
    reader.release();
    expect(await swapping.ended).toMatchObject({ code: 0 });
    await untilSalesAre(analytics.pool, events);
  });
});

describe('a rebuild counts as the processor did', () => {
  test('repeats, poison, refused events and letters that were replayed', async () => {
    const events = orderStories(40);
    const poison = [
      { key: newId(), value: '{' },
      { key: newId(), value: null },
    ];
    const refused = orderCreated({ sequence: 2 ** 40 });
    await stream.send([...events.slice(0, 20), ...poison, refused, ...events, ...events.slice(5, 10)]);
    await startProcessor('processor');
    await untilSalesAre(analytics.pool, events);
    const letters = await until(() => listDeadLetters(analytics.pool, stream.topic, { onlyUnreplayed: false }), {
      what: 'the letters are forwarded',
      isDone: (list) => list.length === 3 && list.every(({ forwardedAt }) => forwardedAt !== null),
    });
    await nothingLags();
    const audit = await rebuild(target);
    expect(audit).toMatchObject({ code: 0, stdout: expect.stringMatching(/25 repeats, 3 dead letters/) });

    await query('DELETE FROM dead_letters WHERE value IS NULL');
    expect(await rebuild(target)).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/dead_letters \d\/\d+ {2}error: live nothing, rebuilt NO_VALUE/),
    });
    expect(await rebuild(target, '--swap')).toMatchObject({ code: 0 });
    const after = await listDeadLetters(analytics.pool, stream.topic, { onlyUnreplayed: false });
    const place = ({ partition, sourceOffset, error }: (typeof letters)[number]) => ({
      partition,
      sourceOffset,
      error,
    });
    expect(after.map(place)).toEqual(letters.map(place));
    const kept = letters.filter(({ value }) => value !== null);
    expect(after.filter(({ value }) => value !== null)).toEqual(kept);
    expect(await rebuild(target)).toMatchObject({ code: 0 });
  });

  test('a row that was pruned by age is no difference, a younger one is', async () => {
    const young = orderCreated();
    const old = orderCreated({ eventId: firstIdAt(Date.now() - 31 * 86_400_000) });
    await stream.send([old, young]);
    await startProcessor('processor');
    await untilSalesAre(analytics.pool, [old, young]);
    await query(`DELETE FROM processed_events WHERE event_id = '${old.eventId}'`);
    expect(await rebuild(target)).toMatchObject({ code: 0 });
    await query('DELETE FROM processed_events');
    expect(await rebuild(target)).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^differences: 1 in .*\n.*live nothing, rebuilt ORDER_CREATED 1/m),
    });
  });

  test('an event from the far future in the minute in which it was applied, whatever the time is now', async () => {
    const events = [orderCreated(), orderCreated({ timestamp: '2099-01-01T00:00:00.000Z' })];
    await stream.send(events);
    await startProcessor('processor');
    await nothingLags();
    const appliedAt = '2026-02-03T04:05:06Z'; // as if the processor had applied it then
    await query(`UPDATE processed_events SET applied_at = '${appliedAt}' WHERE event_id = '${events[1]?.eventId}'`);
    await query(`UPDATE sales_by_minute SET minute = '2026-02-03T04:05Z' WHERE minute > '2026-02-01'`);
    expect(await rebuild(target)).toMatchObject({ code: 0 });
    await corrupt();
    expect(await rebuild(target, '--swap')).toMatchObject({ code: 0 });
    expect(await readSales(analytics.pool)).toMatchObject({ 'orders_per_minute/2026-02-03T04:05Z': '1' });
  });
});
