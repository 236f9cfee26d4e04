import { describe, expect, test } from '@jest/globals';
import { ConfigError, type Environment } from '@orderflow/service-kit/config';
import { readCommand, type VerifyConfig } from './config.ts';
import { OPTION_NAMES, renderHelp } from './options.ts';

const DATABASES = ['--orders-url', 'postgres://db/orders', '--analytics-url', 'postgres://db/analytics'];
const SOURCES = [...DATABASES, '--kafka', 'a:9092,b:9092'];
const ENDPOINTS = {
  gateway: 'http://127.0.0.1:1',
  ordersDatabaseUrl: 'postgres://127.0.0.1/orders',
  analyticsDatabaseUrl: 'postgres://127.0.0.1/analytics',
  kafkaBootstrapServers: '127.0.0.1:9092',
  receipts: '/tmp/receipts.jsonl',
};

interface Given {
  readonly env?: Environment;
  readonly endpoints?: unknown;
}

function configOf(args: readonly string[], { env = {}, endpoints }: Given = {}): VerifyConfig {
  const command = readCommand({ args, env, endpoints });
  if (command.kind !== 'verify') throw new Error('this asks for help');
  return command.config;
}

function problemsOf(args: readonly string[], given: Given = {}): readonly string[] {
  try {
    configOf(args, given);
    return [];
  } catch (error: unknown) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ key, reason }) => `${key} ${reason}`);
  }
}

test('reads the command line', () => {
  const more = ['--topic', 't', '--group', 'g', '--wait', '5m', '--receipts', 'r.jsonl', '--json=out.json'];
  expect(configOf([...SOURCES, ...more])).toMatchObject({
    ordersDatabase: { DATABASE_URL: 'postgres://db/orders', DATABASE_TLS: 'disable' },
    analyticsDatabase: { DATABASE_URL: 'postgres://db/analytics' },
    kafka: { bootstrapServers: ['a:9092', 'b:9092'], clientId: 'auditor' },
    topic: 't',
    group: 'g',
    waitMs: 300_000,
    receiptsPath: 'r.jsonl',
    reportPath: 'out.json',
    logLevel: 'silent',
  });
});

test('has the names of the platform as defaults', () => {
  expect(configOf(SOURCES)).toMatchObject({
    topic: 'order-events',
    group: 'event-processor',
    waitMs: 60_000,
    receiptsPath: undefined,
    reportPath: undefined,
  });
});

test.each([
  ['0', 0],
  ['500ms', 500],
  ['90s', 90_000],
])('reads a wait of %s', (text, waitMs) => {
  expect(configOf([...SOURCES, '--wait', text]).waitMs).toBe(waitMs);
});

describe('the environment', () => {
  const env = {
    ORDERS_DATABASE_URL: 'postgres://env/orders',
    ORDERS_DATABASE_TLS: 'verify-full',
    ORDERS_DATABASE_TLS_CA: 'orders PEM',
    ANALYTICS_DATABASE_URL: 'postgres://env/analytics',
    ANALYTICS_DATABASE_TLS: 'require',
    KAFKA_BOOTSTRAP_SERVERS: 'env:9093',
    KAFKA_TLS: 'true',
    KAFKA_SASL_USERNAME: 'auditor',
    KAFKA_SASL_PASSWORD: 'secret',
  };

  test('gives each database and Kafka its own encryption', () => {
    expect(configOf([], { env })).toMatchObject({
      ordersDatabase: { DATABASE_TLS: 'verify-full', DATABASE_TLS_CA: 'orders PEM' },
      analyticsDatabase: { DATABASE_TLS: 'require', DATABASE_TLS_CA: undefined },
      kafka: { tls: {}, sasl: { username: 'auditor', password: 'secret' } },
    });
  });

  test('yields to the command line', () => {
    expect(configOf(['--orders-url', 'postgres://db/orders'], { env }).ordersDatabase.DATABASE_URL).toBe(
      'postgres://db/orders',
    );
  });

  test('yields also where the value is in a file', () => {
    const { ORDERS_DATABASE_URL: _, ...others } = env;
    const fromFile = { ...others, ORDERS_DATABASE_URL_FILE: '/no/such/file' };
    expect(problemsOf(['--orders-url', 'postgres://db/orders'], { env: fromFile })).toEqual([]);
  });
});

describe('the endpoints of a running demo', () => {
  test('need no option', () => {
    expect(configOf([], { endpoints: ENDPOINTS })).toMatchObject({
      ordersDatabase: { DATABASE_URL: 'postgres://127.0.0.1/orders' },
      kafka: { bootstrapServers: ['127.0.0.1:9092'] },
      receiptsPath: '/tmp/receipts.jsonl',
    });
  });

  test('leave room for other options', () => {
    expect(configOf(['--receipts', 'mine.jsonl'], { endpoints: ENDPOINTS }).receiptsPath).toBe('mine.jsonl');
  });

  test('are never mixed with the sources of another platform', () => {
    expect(configOf(SOURCES, { endpoints: ENDPOINTS }).receiptsPath).toBeUndefined();
    expect(problemsOf(['--kafka', 'a:9092'], { endpoints: ENDPOINTS })).toEqual([
      '--orders-url (ORDERS_DATABASE_URL) is required',
      '--analytics-url (ANALYTICS_DATABASE_URL) is required',
    ]);
  });

  test('are refused when they are something else', () => {
    expect(problemsOf([], { endpoints: ['x'] })).toEqual(['.local/endpoints.json is not what a demo writes']);
  });
});

describe('names every', () => {
  test('missing source', () => {
    expect(problemsOf([])).toEqual([
      '--orders-url (ORDERS_DATABASE_URL) is required',
      '--analytics-url (ANALYTICS_DATABASE_URL) is required',
      '--kafka (KAFKA_BOOTSTRAP_SERVERS) is required',
    ]);
  });

  test('unknown option', () => {
    expect(problemsOf(['verify', '--order-url', 'x', '--topic'])).toEqual([
      'verify is not an option',
      'x is not an option',
      '--order-url is not an option',
      '--topic needs a value',
    ]);
  });

  test('malformed value', () => {
    const problems = problemsOf([
      '--orders-url',
      'mysql://db',
      '--analytics-url',
      'nowhere',
      '--kafka',
      'a',
      '--wait',
      '1h',
    ]);
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
      '--orders-url',
      '--analytics-url',
      '--kafka',
      '--wait',
    ]);
  });
});

test('help names every option', () => {
  expect(readCommand({ args: ['--help'], env: {}, endpoints: undefined })).toEqual({
    kind: 'help',
  });
  for (const name of OPTION_NAMES) expect(renderHelp()).toContain(`--${name} `);
});
