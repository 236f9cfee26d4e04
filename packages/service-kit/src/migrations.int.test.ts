import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { createTestDatabase, startTcpProxy, until } from '@orderflow/local/testing';
import { Client } from 'pg';
import { z } from 'zod';
import { readConfig, type Environment } from './config.ts';
import { silentLogger } from './logger.ts';
import { migrate, SchemaGate, type MigrationSource } from './migrations.ts';
import { postgresEnv, type PostgresConfig } from './postgres.ts';

const FIRST = { '0001_first': 'CREATE TABLE first (id int);' };
const SECOND = { '0002_second': 'CREATE TABLE second (id int);' };
const THIRD = { '0003_third': 'CREATE TABLE third (id int);' };
const LOCK_ID = 42;

type Files = Readonly<Record<string, string>>;

/** A database and migration folders of its own, with a client to look at what came of it. */
async function createWorld() {
  const database = await createTestDatabase();
  const client = new Client({ connectionString: database.url });
  client.on('error', () => undefined);
  await client.connect();
  const root = await mkdtemp(join(tmpdir(), 'migrations-'));
  const configOf = (env: Environment = {}): PostgresConfig =>
    readConfig(z.object(postgresEnv), { DATABASE_URL: database.url, ...env });
  const world = {
    config: configOf(),
    configOf,
    client,
    /** A version of a service that has these migrations. */
    async version(files: Files): Promise<MigrationSource> {
      const directory = await mkdtemp(join(root, 'version-'));
      for (const [name, sql] of Object.entries(files)) {
        await writeFile(join(directory, `${name}.sql`), `-- Up Migration\n${sql}\n-- Down Migration\n`);
      }
      return { directory: pathToFileURL(`${directory}/`), lockId: LOCK_ID };
    },
    async migrate(files: Files, env?: Environment): Promise<void> {
      await migrate(configOf(env), await world.version(files), silentLogger());
    },
    async gate(files: Files, mode: 'migrate' | 'wait', env?: Environment): Promise<SchemaGate> {
      return new SchemaGate(configOf(env), await world.version(files), { mode, logger: silentLogger() });
    },
    async applied(): Promise<string[]> {
      const { rows } = await client.query<{ name: string }>('SELECT name FROM schema_migrations ORDER BY id');
      return rows.map(({ name }) => name);
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await client.end();
      await database.drop();
      await rm(root, { recursive: true });
    },
  };
  return world;
}

/** The process ids of the connections that migrate or wait for their turn. */
async function migratorsOf(client: Client): Promise<number[]> {
  const { rows } = await client.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'orderflow-migrate'`,
  );
  return rows.map(({ pid }) => pid);
}

describe('migrate', () => {
  test('applies what is missing, in the order of the numbers, and each once', async () => {
    await using world = await createWorld();
    await world.migrate({ ...SECOND, ...FIRST });
    expect(await world.applied()).toEqual(['0001_first', '0002_second']);
    await world.migrate({ ...FIRST, ...SECOND, ...THIRD });
    await world.migrate({ ...FIRST, ...SECOND, ...THIRD });
    expect(await world.applied()).toEqual(['0001_first', '0002_second', '0003_third']);
  });

  test('of replicas that start together, one works and the others wait and succeed', async () => {
    await using world = await createWorld();
    const slow = { ...FIRST, '0002_slow': 'SELECT pg_sleep(0.3); CREATE TABLE slow (id int);' };
    await Promise.all([1, 2, 3, 4].map(async () => world.migrate(slow)));
    expect(await world.applied()).toEqual(['0001_first', '0002_slow']);
  });

  test('waits for whoever holds the lock', async () => {
    await using world = await createWorld();
    await world.client.query('SELECT pg_advisory_lock($1)', [LOCK_ID]);
    const migrating = world.migrate(FIRST);
    await until(async () => (await migratorsOf(world.client)).length === 1, { what: 'it waits' });
    const { rows } = await world.client.query(`SELECT to_regclass('schema_migrations') AS table`);
    expect(rows).toEqual([{ table: null }]);
    await world.client.query('SELECT pg_advisory_unlock($1)', [LOCK_ID]);
    await migrating;
    expect(await world.applied()).toEqual(['0001_first']);
  });

  test('gives a migration all the time that it needs', async () => {
    await using world = await createWorld();
    await world.migrate({ '0001_slow': 'SELECT pg_sleep(0.3);' }, { DATABASE_STATEMENT_TIMEOUT_MS: '50' });
    expect(await world.applied()).toEqual(['0001_slow']);
  });

  test('a file that fails leaves nothing of itself, keeps those before it, and can be mended', async () => {
    await using world = await createWorld();
    const broken = { ...FIRST, '0002_broken': 'CREATE TABLE half (id int); SELECT 1/0;' };
    await expect(world.migrate(broken)).rejects.toMatchObject({ code: '22012' });
    expect(await world.applied()).toEqual(['0001_first']);
    const { rows } = await world.client.query(`SELECT to_regclass('half') AS half`);
    expect(rows).toEqual([{ half: null }]);
    await world.migrate({ ...FIRST, '0002_broken': 'CREATE TABLE half (id int);' });
    expect(await world.applied()).toEqual(['0001_first', '0002_broken']);
  });

  test('an older version, after a roll-back, leaves the newer schema as it is', async () => {
    await using world = await createWorld();
    await world.migrate({ ...FIRST, ...SECOND, ...THIRD });
    await world.migrate(FIRST);
    expect(await world.applied()).toEqual(['0001_first', '0002_second', '0003_third']);
  });

  test('refuses a migration that was slipped in before one that was applied', async () => {
    await using world = await createWorld();
    await world.migrate({ ...FIRST, ...THIRD });
    await expect(world.migrate({ ...FIRST, ...SECOND, ...THIRD })).rejects.toThrow(
      'Not run migration 0002_second is preceding already run migration 0003_third',
    );
    expect(await world.applied()).toEqual(['0001_first', '0003_third']);
  });
});

describe('the schema gate', () => {
  test('that migrates opens when the schema is current', async () => {
    await using world = await createWorld();
    const gate = await world.gate(FIRST, 'migrate');
    expect(gate.reasonNotReady()).toBe('the database schema is older than this version');
    await gate.start();
    expect(gate.reasonNotReady()).toBeUndefined();
    expect(await world.applied()).toEqual(['0001_first']);
  });

  test('that waits opens when somebody else has applied everything, and not before', async () => {
    await using world = await createWorld();
    await world.migrate(FIRST);
    const gate = await world.gate({ ...FIRST, ...SECOND }, 'wait');
    let isOpen = false;
    const started = gate.start().then(() => (isOpen = true));
    await until(
      async () => {
        const { rows } = await world.client.query<{ looks: number }>(
          `SELECT count(*)::int AS looks FROM pg_stat_activity
           WHERE datname = current_database() AND application_name = 'orderflow-schema-check'`,
        );
        return rows[0]?.looks ?? 0;
      },
      { what: 'the gate looks at the schema', intervalMs: 1 },
    );
    expect({ isOpen, reason: gate.reasonNotReady() }).toMatchObject({ isOpen: false, reason: expect.any(String) });
    await world.migrate({ ...FIRST, ...SECOND });
    await started;
    expect(gate.reasonNotReady()).toBeUndefined();
  });

  test.each(['migrate', 'wait'] as const)('that is to %s opens for an older version too', async (mode) => {
    await using world = await createWorld();
    await world.migrate({ ...FIRST, ...SECOND });
    const gate = await world.gate(FIRST, mode);
    await gate.start();
    expect(gate.reasonNotReady()).toBeUndefined();
  });

  test('stays closed, and fails, when a migration cannot be applied', async () => {
    await using world = await createWorld();
    const gate = await world.gate({ '0001_broken': 'SELECT 1/0;' }, 'migrate');
    await expect(gate.start()).rejects.toMatchObject({ code: '22012' });
    expect(gate.reasonNotReady()).toBeDefined();
  });

  test.each(['migrate', 'wait'] as const)('that is to %s waits for a database that is away', async (mode) => {
    await using world = await createWorld();
    await world.migrate(FIRST);
    const url = new URL(world.config.DATABASE_URL);
    const proxy = await startTcpProxy({ targetPort: Number(url.port) });
    proxy.setMode('refuse');
    url.port = String(proxy.port);
    const gate = await world.gate(FIRST, mode, { DATABASE_URL: url.href });
    const started = gate.start();
    proxy.setMode('pass');
    await started;
    expect(gate.reasonNotReady()).toBeUndefined();
    await proxy.close();
  });

  test('survives the loss of its connection while it waits for its turn', async () => {
    await using world = await createWorld();
    await world.client.query('SELECT pg_advisory_lock($1)', [LOCK_ID]);
    const gate = await world.gate(FIRST, 'migrate');
    const started = gate.start();
    const [pid] = await until(async () => migratorsOf(world.client), {
      what: 'the gate waits for its turn',
      isDone: (pids) => pids.length > 0,
    });
    await world.client.query('SELECT pg_terminate_backend($1)', [pid]);
    await until(async () => (await migratorsOf(world.client)).some((other) => other !== pid), {
      what: 'the gate waits again',
    });
    await world.client.query('SELECT pg_advisory_unlock($1)', [LOCK_ID]);
    await started;
    expect(gate.reasonNotReady()).toBeUndefined();
  });

  test.each(['migrate', 'wait'] as const)('that is to %s can be stopped while it waits', async (mode) => {
    await using world = await createWorld();
    await world.client.query('SELECT pg_advisory_lock($1)', [LOCK_ID]);
    const gate = await world.gate(FIRST, mode);
    const started = gate.start();
    gate.stop();
    await started;
    expect(gate.reasonNotReady()).toBeDefined();
    await until(async () => (await migratorsOf(world.client)).length === 0, { what: 'its connection is closed' });
  });

  test('does not look at the database once it was stopped', async () => {
    await using world = await createWorld();
    const gate = await world.gate(FIRST, 'migrate');
    gate.stop();
    await gate.start();
    expect(gate.reasonNotReady()).toBeDefined();
    const { rows } = await world.client.query(`SELECT to_regclass('first') AS first`);
    expect(rows).toEqual([{ first: null }]);
  });
});
