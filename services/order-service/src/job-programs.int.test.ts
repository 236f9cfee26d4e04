import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { createTestDatabase, testKafka } from '@orderflow/local/testing';
import { KafkajsAdmin } from '@orderflow/service-kit/kafka/kafkajs-admin';
import { silentLogger } from '@orderflow/service-kit/logger';
import { Client } from 'pg';

const run = promisify(execFile);

/** Runs one of this service's programs to its end; rejects when it does not end with 0. */
async function runProgram(name: string, env: Record<string, string>): Promise<void> {
  await run(process.execPath, [join(import.meta.dirname, name)], { env });
}

test('the topics program creates what is missing, and run again it changes nothing', async () => {
  const topic = `orders-${crypto.randomUUID()}`;
  const env = {
    KAFKA_BOOTSTRAP_SERVERS: testKafka(),
    TOPIC: topic,
    DLQ_TOPIC: `${topic}.dlq`,
    TOPIC_PARTITIONS: '3',
    TOPIC_REPLICATION_FACTOR: '1',
  };
  await runProgram('topics-main.ts', env);
  await runProgram('topics-main.ts', { ...env, TOPIC_PARTITIONS: '5' });
  const connection = { bootstrapServers: [testKafka()], clientId: 'test' };
  await using admin = new KafkajsAdmin(connection, { logger: silentLogger() });
  expect(await admin.readOffsets(topic)).toHaveLength(3);
  expect(await admin.readOffsets(`${topic}.dlq`)).toHaveLength(1);
});

test('the migration program makes a schema that one role for API and publisher can work with', async () => {
  const database = await createTestDatabase();
  const client = new Client({ connectionString: database.url });
  await client.connect();
  const role = `orders_runtime_${process.pid}`;
  try {
    await client.query(`CREATE ROLE ${role}`);
    await runProgram('migrate-main.ts', {
      DATABASE_URL: database.url,
      DATABASE_RUNTIME_ROLE: role,
      DATABASE_PUBLISHER_ROLE: role,
    });
    await client.query(`SET ROLE ${role}`);
    const { rows } = await client.query(
      'SELECT (SELECT count(*)::int FROM outbox_shard) AS shards, (SELECT count(*)::int FROM orders) AS orders',
    );
    expect(rows).toEqual([{ shards: 16, orders: 0 }]);
  } finally {
    await client.query(`RESET ROLE; DROP OWNED BY ${role}; DROP ROLE ${role}`);
    await client.end();
    await database.drop();
  }
});

test('the migration program names a bad role and ends with 2', async () => {
  const env = { DATABASE_URL: 'postgres://localhost/orders', DATABASE_RUNTIME_ROLE: 'x"; DROP TABLE orders' };
  await expect(runProgram('migrate-main.ts', env)).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('DATABASE_RUNTIME_ROLE must be a PostgreSQL role name'),
  });
});
