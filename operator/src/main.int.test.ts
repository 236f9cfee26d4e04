import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { measureProcess } from '@orderflow/local/platform/process-usage';
import { scalerReportsSchema } from '@orderflow/contracts/scaling-decision';
import { createTestTopic, testKafka, until } from '@orderflow/local/testing';
import { KafkajsProducer } from '@orderflow/service-kit/kafka/kafkajs-producer';
import { silentLogger } from '@orderflow/service-kit/logger';
import { ConsumerGroup } from '../test/consumer-group.ts';
import { FakeApiServer } from '../test/fake-api-server/fake-api-server.ts';
import {
  deployment,
  DEPLOYMENT_COLLECTION,
  EVENT_COLLECTION,
  LAG_SCALER_COLLECTION,
  lagScaler,
  LEASE_COLLECTION,
  NAMESPACE,
} from '../test/objects.ts';
import { OperatorProcess } from '../test/operator-process.ts';
import { runDeployment } from '../test/run-deployment.ts';
import { parseStatus } from './api/v1alpha1/status.ts';

const TARGET = 'event-processor';
const PARTITIONS = 6;
const RATE_PER_REPLICA = 100;
const BACKLOG = 4_000;
/** Shorter than in production, so that nobody waits for minutes; the cool-downs are what they are. */
const POLL_MS = 1_000;

const MAX_RSS_BYTES = 180 * 1024 * 1024;

let api: FakeApiServer;
let operator: OperatorProcess;
let group: ConsumerGroup;
let topic: string;
let consumerGroup: string;

beforeEach(async () => {
  topic = await createTestTopic({ partitions: PARTITIONS });
  consumerGroup = `group-${randomUUID()}`;
  group = new ConsumerGroup({
    bootstrapServers: testKafka(),
    groupId: consumerGroup,
    topic,
    messagesPerSecond: RATE_PER_REPLICA,
  });
  await group.resize(1);
  api = await FakeApiServer.start();
  api.store.create(DEPLOYMENT_COLLECTION, deployment(TARGET, 1));
  runDeployment({ store: api.store, name: TARGET, group });
  operator = await OperatorProcess.start({ kubeconfig: api.kubeconfig, namespace: NAMESPACE, pollMs: POLL_MS });
});

afterEach(async () => {
  await operator.stop('SIGKILL');
  await group.resize(0);
  await api[Symbol.asyncDispose](); // throws when the Role did not allow a call
});

function createLagScaler(): void {
  const spec = {
    target: { name: TARGET },
    kafka: { bootstrapServers: testKafka(), consumerGroup, topics: [topic] },
    maxReplicas: PARTITIONS,
    slo: { drainSeconds: 20 },
    prior: { messagesPerSecondPerReplica: RATE_PER_REPLICA, rebalanceSeconds: 5 },
    scaleDown: { windowSeconds: 10 },
  };
  api.store.create(LAG_SCALER_COLLECTION, lagScaler(TARGET, spec));
}

function status() {
  return parseStatus(api.store.find(LAG_SCALER_COLLECTION, TARGET)?.status);
}

function isCondition(type: string, wanted: string): boolean {
  return status().conditions.some((condition) => condition.type === type && condition.status === wanted);
}

function scaleWrites(): number {
  return api.countCalls(({ subresource, code }) => subresource === 'scale' && code === 200);
}

function specReplicas(): number {
  return (api.store.get(DEPLOYMENT_COLLECTION, TARGET).spec as { replicas: number }).replicas;
}

function eventReasons(): readonly unknown[] {
  return api.store.list(EVENT_COLLECTION).map((event) => event['reason']);
}

async function produce(count: number): Promise<void> {
  const producer = new KafkajsProducer(
    { bootstrapServers: [testKafka()], clientId: 'backlog' },
    { logger: silentLogger() },
  );
  const messages = Array.from({ length: count }, (_, index) => ({ key: `key-${index}`, value: String(index) }));
  await producer.sendBatch(topic, messages);
  await producer.stop();
}

test('a backlog is answered by one write, drained, and the replicas go down again; idle costs nothing but the lease', async () => {
  createLagScaler();
  await until(() => isCondition('Ready', 'True'), { what: 'the LagScaler is looked after', timeoutMs: 30_000 });
  expect((await fetch(`${await operator.adminUrl()}/readyz`)).status).toBe(200);
  await produce(BACKLOG);

  await until(() => scaleWrites() === 1, { what: 'the replicas go up', timeoutMs: 30_000 });
  const replicas = specReplicas();
  expect(replicas).toBeGreaterThan(1);
  expect(replicas).toBeLessThanOrEqual(PARTITIONS);
  await until(() => group.handled >= BACKLOG, { what: 'the backlog is drained', timeoutMs: 90_000 });
  expect(scaleWrites()).toBe(1);

  await until(() => specReplicas() === 1 && group.size === 1, { what: 'one is left again', timeoutMs: 120_000 });
  await until(() => ['ScaledUp', 'ScaledDown'].every((reason) => eventReasons().includes(reason)), {
    what: 'both are told in events',
  });
  expect(status()).toMatchObject({ initialReplicas: 1, desiredReplicas: 1 });
  const [report] = scalerReportsSchema.parse(await (await fetch(`${await operator.adminUrl()}/decisions`)).json());
  expect(report).toMatchObject({ namespace: NAMESPACE, name: TARGET });
  expect(report?.changes.map(({ text }) => text.split(' ', 2).join(' '))).toEqual(['Goes down', 'Goes up']);

  await until(() => status().reason === 'Steady' && status().arrivalRate === 0 && status().currentReplicas === 1, {
    what: 'it is idle',
    timeoutMs: 60_000,
  });
  await expectIdle();
  expect(measureProcess(operator.pid)?.rssBytes ?? 0).toBeLessThan(MAX_RSS_BYTES);

  expect(await operator.stop('SIGTERM')).toBe(0);
  expect(api.store.get(LEASE_COLLECTION, 'lagscaler-operator').spec).not.toHaveProperty('holderIdentity');
}, 300_000);

/** Ten polls after everything has settled make no call but those of the lease. */
async function expectIdle(): Promise<void> {
  const polls = () => operator.readMetric('lagscaler_lag_read_seconds_count');
  const callsBeside = () => api.countCalls(({ resource }) => resource !== 'leases');
  const settledPolls = (await polls()) + 20; // late numbers may still be written once
  await until(async () => (await polls()) >= settledPolls, { what: 'numbers settle', timeoutMs: 60_000 });
  const [calls, polled] = [callsBeside(), await polls()];
  await until(async () => (await polls()) >= polled + 10, { what: 'ten more polls', timeoutMs: 60_000 });
  expect(callsBeside()).toBe(calls);
}

test('it starts, lives and is not ready while the API server is down', async () => {
  await api.goDown();
  const alone = await OperatorProcess.start({ kubeconfig: api.kubeconfig, namespace: NAMESPACE, pollMs: POLL_MS });
  try {
    const url = await alone.adminUrl();
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    await api.comeUp();
    await until(async () => (await fetch(`${url}/readyz`)).status === 200, { what: 'it is ready', timeoutMs: 60_000 });
  } finally {
    expect(await alone.stop('SIGTERM')).toBe(0);
  }
}, 120_000);
