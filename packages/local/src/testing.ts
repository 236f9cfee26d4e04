import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { KafkajsAdmin } from '@orderflow/service-kit/kafka/kafkajs-admin';
import { silentLogger } from '@orderflow/service-kit/logger';
import { LOOPBACK } from './ports.ts';
import { testKafka, testKafkaProxied, testPostgresUrl } from './test-servers.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
import { until } from './until.ts';

export { startTcpProxy, type ProxyMode, type TcpProxy } from './tcp-proxy.ts';
export { testKafka, testPostgresUrl } from './test-servers.ts';
export { until, type UntilOptions } from './until.ts';

export interface KafkaProxy extends TcpProxy {
  /** Clients that bootstrap here talk to the test run's broker through the proxy only. */
  readonly bootstrapServers: string;
}

/** Longer than any test that has a proxy of its own, shorter than a test may take. */
const PROXY_WAIT_MS = 50_000;

/**
 * A misbehaving network before the broker of this test run. There can be one at a time, since the broker sends clients
 * to one port: another test's is waited for. Close it after the test.
 */
export async function startKafkaProxy(): Promise<KafkaProxy> {
  const { port, advertisedPort } = testKafkaProxied();
  const proxy = await until(() => startTcpProxy({ targetPort: port, port: advertisedPort }), {
    what: 'the port of the proxy before Kafka is free',
    timeoutMs: PROXY_WAIT_MS,
  });
  return Object.assign(proxy, { bootstrapServers: `${LOOPBACK}:${advertisedPort}` });
}

export interface TestDatabase {
  readonly name: string;
  readonly url: string;
  /** Ends what is still connected to it. */
  drop(): Promise<void>;
}

/** An empty database of its own for one test; `migrate` is given its connection string. */
export async function createTestDatabase({
  migrate,
}: { readonly migrate?: (url: string) => Promise<unknown> } = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await administer(`CREATE DATABASE ${name}`);
  const url = new URL(testPostgresUrl());
  url.pathname = `/${name}`;
  const database: TestDatabase = {
    name,
    url: url.href,
    drop: async () => {
      await administer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
  await migrate?.(database.url);
  return database;
}

async function administer(statement: string): Promise<void> {
  const client = new Client({ connectionString: testPostgresUrl() });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

export interface TestTopicOptions {
  /** Default: 1. */
  readonly partitions?: number;
  /** Topic configuration by Kafka's names. */
  readonly config?: Readonly<Record<string, string>>;
  /** Default: the broker of this test run. */
  readonly bootstrapServers?: string;
}

/** A topic of its own for one test; every partition has a leader when its name is returned. */
export async function createTestTopic(options: TestTopicOptions = {}): Promise<string> {
  const name = `test-${randomBytes(6).toString('hex')}`;
  const admin = new KafkajsAdmin(
    { bootstrapServers: [options.bootstrapServers ?? testKafka()], clientId: 'test-topics' },
    { logger: silentLogger() },
  );
  try {
    await admin.ensureTopics([{ name, partitions: options.partitions ?? 1, config: options.config ?? {} }]);
  } finally {
    await admin.stop();
  }
  return name;
}
