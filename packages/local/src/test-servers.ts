import type { ProxiedListener } from './kafka-config.ts';

const POSTGRES_URL = 'ORDERFLOW_TEST_POSTGRES_URL';
const KAFKA = 'ORDERFLOW_TEST_KAFKA';
const KAFKA_PROXIED = 'ORDERFLOW_TEST_KAFKA_PROXIED';

/** The superuser's connection string to the PostgreSQL of this test run. */
export function testPostgresUrl(): string {
  return setByGlobalSetup(POSTGRES_URL);
}

/** The bootstrap servers of the Kafka broker of this test run. */
export function testKafka(): string {
  return setByGlobalSetup(KAFKA);
}

export interface TestServers {
  readonly postgresUrl: string;
  readonly kafka: string;
  readonly kafkaProxied: ProxiedListener;
}

/** Tells the tests where the servers are; called by jest's global setup. */
export function announceTestServers({ postgresUrl, kafka, kafkaProxied }: TestServers): void {
  process.env[POSTGRES_URL] = postgresUrl;
  process.env[KAFKA] = kafka;
  process.env[KAFKA_PROXIED] = `${kafkaProxied.port}:${kafkaProxied.advertisedPort}`;
}

/** The broker's second listener, `<its port>:<the port that it tells clients to use>`. */
export function testKafkaProxied(): ProxiedListener {
  const [port, advertisedPort] = setByGlobalSetup(KAFKA_PROXIED).split(':').map(Number);
  if (port === undefined || advertisedPort === undefined) throw new Error(`${KAFKA_PROXIED} is not <port>:<port>`);
  return { port, advertisedPort };
}

function setByGlobalSetup(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: only *.int.test.ts files get servers from jest`);
  return value;
}
