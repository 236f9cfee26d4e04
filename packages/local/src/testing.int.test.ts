import { expect, test } from '@jest/globals';
import { Client } from 'pg';
import { KafkajsAdmin } from '@orderflow/service-kit/kafka/kafkajs-admin';
import { silentLogger } from '@orderflow/service-kit/logger';
import { createTestDatabase, createTestTopic, startKafkaProxy, testKafka, testPostgresUrl, until } from './testing.ts';

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

test('a test topic has a name of its own, and all its partitions can be read at once', async () => {
  const topics = await Promise.all([createTestTopic({ partitions: 3 }), createTestTopic({ partitions: 3 })]);
  expect(new Set(topics).size).toBe(2);
  const admin = new KafkajsAdmin({ bootstrapServers: [testKafka()], clientId: 'test' }, { logger: silentLogger() });
  try {
    for (const topic of topics) expect(await admin.readOffsets(topic)).toHaveLength(3);
  } finally {
    await admin.stop();
  }
});

test('a client that bootstraps through the proxy stays behind it', async () => {
  const topic = await createTestTopic();
  const proxy = await startKafkaProxy();
  const admin = new KafkajsAdmin(
    { bootstrapServers: [proxy.bootstrapServers], clientId: 'test' },
    { logger: silentLogger() },
  );
  try {
    expect(await admin.readOffsets(topic)).toEqual([{ partition: 0, low: 0n, high: 0n }]);
    proxy.setMode('refuse');
    await until(() => proxy.connections === 0, { what: 'the proxy has cut every connection' });
    await expect(admin.readOffsets(topic)).rejects.toThrow(/connection/i);
    proxy.setMode('pass');
    expect(await admin.readOffsets(topic)).toHaveLength(1);
  } finally {
    await admin.stop();
    await proxy.close();
  }
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
