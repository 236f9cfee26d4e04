import { createServer } from 'node:net';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { readLocalEnvironment } from './environment.ts';
import { LOCAL_DIRECTORY, makeScratch, openTestRun } from './own-run.fixture.ts';
import { LOOPBACK } from './ports.ts';
import { startPostgres } from './postgres.ts';
import { silentProgress } from './progress.ts';
import { openRunDirectory, type RunDirectory } from './run-directory.ts';
import { testPostgresUrl } from './testing.ts';

const CACHE = { cacheDirectory: join(LOCAL_DIRECTORY, 'cache'), log: silentProgress };

let run: RunDirectory;
beforeAll(async () => {
  run = await openTestRun('postgres');
});
afterAll(async () => {
  await run.remove();
});

test('a committed row survives kill -9 and a start on the same data', async () => {
  const first = await startPostgres({ ...CACHE, run });
  await query(first.url(), 'CREATE TABLE kept (id int)', 'INSERT INTO kept VALUES (7)');
  first.kill();
  expect(await first.exited).toEqual({ code: null, signal: 'SIGKILL' });

  const second = await startPostgres({ ...CACHE, run });
  expect(await query(second.url(), 'SELECT id FROM kept')).toEqual([{ id: 7 }]);
  const { port, pid } = second;
  second.kill();
  await second.exited;
  await second.restart();
  expect(second.port).toBe(port);
  expect(second.pid).not.toBe(pid);
  expect(await query(second.url(), 'SELECT id FROM kept')).toEqual([{ id: 7 }]);
  await second.stop();
  await second.stop();
  expect(await second.exited).toEqual({ code: 0, signal: null });
});

test('it listens on loopback only, and not without its password', async () => {
  const rows = await query(
    testPostgresUrl(),
    `SELECT current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets`,
  );
  expect(rows).toEqual([{ addresses: LOOPBACK, sockets: '' }]);
  const withoutPassword = new URL(testPostgresUrl());
  withoutPassword.password = 'guess';
  await expect(query(withoutPassword.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
});

test('a taken port is named with the process that has it', async () => {
  const server = createServer().listen(0, LOOPBACK);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await expect(startPostgres({ ...CACHE, run, port })).rejects.toMatchObject({
    code: 'PORT_TAKEN',
    message: expect.stringMatching(new RegExp(`^Port ${port} of ${LOOPBACK} cannot be listened on: .+ has it\\.$`)),
  });
  server.close();
  await once(server, 'close');
});

test('a folder without PostgreSQL in ORDERFLOW_POSTGRES_BIN is named', async () => {
  const environment = { ...readLocalEnvironment(), postgresBin: '/nowhere' };
  await expect(startPostgres({ ...CACHE, run, environment })).rejects.toMatchObject({
    code: 'POSTGRES_CANNOT_RUN',
    message: 'ORDERFLOW_POSTGRES_BIN is /nowhere, where there is no PostgreSQL 15 or newer.',
  });
});

// Only root's PostgreSQL runs as somebody else.
// oxlint-disable jest/no-standalone-expect -- the linter does not see that this is a test
const testAsRoot = process.getuid?.() === 0 ? test : test.skip;

testAsRoot('below a folder that only root may enter, the data goes where its user can', async () => {
  const scratch = await makeScratch(); // mode 0700, as /root is
  const steps: string[] = [];
  const log = { ...silentProgress, step: (text: string) => void steps.push(text) };
  const hidden = await openRunDirectory({ localDirectory: scratch.path, name: 'hidden' });
  const postgres = await startPostgres({ ...CACHE, run: hidden, log });
  const [row] = await query(postgres.url(), 'SHOW data_directory');
  const { data_directory: directory } = row as { data_directory: string };
  expect(directory.startsWith(scratch.path)).toBe(false);
  expect(steps[0]).toContain(`who may not enter ${scratch.path}; using`);
  await hidden.remove();
  expect(await postgres.exited).toMatchObject({ code: 0 });
  expect(existsSync(directory)).toBe(false);
  await scratch.remove();
});

async function query(connectionString: string, ...statements: string[]): Promise<unknown[]> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    let rows: unknown[] = [];
    for (const statement of statements) rows = (await client.query(statement)).rows;
    return rows;
  } finally {
    await client.end();
  }
}
