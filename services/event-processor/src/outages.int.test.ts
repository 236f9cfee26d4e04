import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { startPostgres } from '@orderflow/local/postgres';
import { silentProgress } from '@orderflow/local/progress';
import { openRunDirectory } from '@orderflow/local/run-directory';
import { createTestDatabase, until } from '@orderflow/local/testing';
import { silentLogger } from '@orderflow/service-kit/logger';
import { createPool } from '@orderflow/service-kit/postgres';
import {
  createStream,
  databaseConfig,
  expectedSales,
  migrateAnalytics,
  orderStories,
  readSales,
  untilSalesAre,
} from '../test/analytics.ts';
import { createProcessors } from '../test/processors.ts';

const LOCAL_DIRECTORY = join(import.meta.dirname, '..', '..', '..', '.local');

/** A PostgreSQL of its own, which the test may crash. It keeps port, password and data over restarts. */
async function startOwnPostgres(topic: string) {
  const run = await openRunDirectory({ localDirectory: LOCAL_DIRECTORY, name: `event-processor-outage-${topic}` });
  const options = { run, cacheDirectory: join(LOCAL_DIRECTORY, 'cache'), log: silentProgress };
  let server = await startPostgres(options);
  const { port } = server;
  return {
    url: server.url(),
    crash: async () => {
      server.kill();
      await server.exited;
    },
    restart: async () => {
      server = await startPostgres({ ...options, port });
    },
    async [Symbol.asyncDispose]() {
      await server.stop();
      await run.remove();
    },
  };
}

describe('a processor', () => {
  test('outlives a crash of its database: not ready meanwhile, no event blamed, every effect once', async () => {
    await using stream = await createStream({ partitions: 4 });
    await using database = await startOwnPostgres(stream.topic);
    await using processors = await createProcessors(database.url, stream);
    const processor = await processors.start('survivor');
    const pool = createPool(databaseConfig(database.url), { logger: silentLogger(), applicationName: 'test' });
    const before = orderStories(100);
    await stream.send(before);
    await untilSalesAre(pool, before);

    const during = orderStories(300);
    await stream.send(during.slice(0, 200));
    await database.crash();
    await stream.send(during.slice(200));
    await until(async () => (await fetch(`${processor.adminUrl}/readyz`)).status === 503, { what: 'it is not ready' });
    expect((await fetch(`${processor.adminUrl}/healthz`)).status).toBe(200);
    const report = await fetch(`${processor.url}/analytics/sales`);
    expect({ status: report.status, type: report.headers.get('content-type') }).toEqual({
      status: 503,
      type: 'application/problem+json',
    });
    await database.restart();

    await untilSalesAre(pool, [...before, ...during], { timeoutMs: 60_000 });
    expect(await readSales(pool)).toEqual(expectedSales([...before, ...during]));
    expect((await pool.query('SELECT count(*) AS letters FROM dead_letters')).rows).toEqual([{ letters: 0 }]);
    await until(async () => (await fetch(`${processor.adminUrl}/readyz`)).status === 200, {
      what: 'it is ready again',
    });
    await pool.end();
  });

  test('stops in time while its database is away', async () => {
    await using stream = await createStream({ partitions: 1 });
    await using database = await startOwnPostgres(stream.topic);
    await using processors = await createProcessors(database.url, stream);
    const processor = await processors.start('stopped');
    await database.crash();
    await stream.send(orderStories(10));
    await until(async () => (await fetch(`${processor.adminUrl}/readyz`)).status === 503, { what: 'it is not ready' });
    await processor.stop();
    expect((await processor.process.exited).code).toBe(0);
    expect(await stream.lag()).toBeGreaterThan(0n);
  });
});

describe('the schema', () => {
  test('is migrated once by replicas that start together, and waited for with MIGRATE=off', async () => {
    await using stream = await createStream({ partitions: 2 });
    const database = await createTestDatabase();
    {
      await using processors = await createProcessors(database.url, stream);
      const waiting = processors.start('waiting', { MIGRATE: 'off' });
      await Promise.all([processors.start('one'), processors.start('two'), waiting]);
      const pool = createPool(databaseConfig(database.url), { logger: silentLogger(), applicationName: 'test' });
      const events = orderStories(20);
      await stream.send(events);
      await untilSalesAre(pool, events);
      expect(await readSales(pool)).toEqual(expectedSales(events));
      await pool.end();
    }
    await migrateAnalytics(database.url); // again: nothing to do
    await database.drop();
  });
});

test('a bad configuration ends the process with code 2 and names every bad key in one line', async () => {
  const main = join(import.meta.dirname, 'main.ts');
  const env = { PATH: process.env['PATH'], WORKERS: 'many' };
  const failed = promisify(execFile)(process.execPath, [main], { env });
  await expect(failed).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(
      /^invalid configuration: (?=.*WORKERS)(?=.*DATABASE_URL)(?=.*KAFKA_BOOTSTRAP_SERVERS).*\n$/,
    ),
  });
});
