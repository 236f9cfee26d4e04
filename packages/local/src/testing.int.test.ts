import { expect, test } from '@jest/globals';
import { Client } from 'pg';
import { createTestDatabase, createTestTopic, testPostgresUrl } from './testing.ts';

test('a test database is there, of its own, and gone after drop', async () => {
  const database = await createTestDatabase({
    migrate: async (url) => {
      await query(url, 'CREATE TABLE migrated ()');
    },
  });
  expect(await query(database.url, 'SELECT count(*)::int AS rows FROM migrated')).toEqual([{ rows: 0 }]);
  await database.drop();
  const left = `SELECT datname FROM pg_database WHERE datname = '${database.name}'`;
  expect(await query(testPostgresUrl(), left)).toEqual([]);
});

test('commits of the test server reach the disk as in production', async () => {
  const settings = `SELECT name, setting FROM pg_settings
    WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes') ORDER BY name`;
  const on = ['fsync', 'full_page_writes', 'synchronous_commit'].map((name) => ({ name, setting: 'on' }));
  expect(await query(testPostgresUrl(), settings)).toEqual(on);
});

test('a test topic has a name of its own', async () => {
  const [first, second] = await Promise.all([createTestTopic({ partitions: 3 }), createTestTopic()]);
  expect(first).not.toBe(second);
});

async function query(connectionString: string, statement: string): Promise<unknown[]> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}
