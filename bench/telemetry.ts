import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOOPBACK } from '@orderflow/local/ports';
import { ORDER_EVENTS_PARTITIONS } from '@orderflow/contracts/topics';
import type { BenchSize } from './options.ts';
import type { Findings, Measurement } from './report.ts';
import { measureRounds } from './rounds.ts';
import { sendLoad } from './send-load.ts';
import type { Stage, Subject } from './stage.ts';
import { perUnit, startCpuMeter } from './usage.ts';
import { patienceMs, waitUntil } from './wait.ts';

const NOT_TRACED = 'not traced';
const ORDERS_PER_SECOND = 1_000;
const SAMPLING_RATIO = 0.1;
const CONNECTIONS = 64;
const ROUNDS = 5;
const SECONDS = 10;
const WARM_UP_SECONDS = 5;

/** Spans lie for a second until they are sent; both sides are given the time. */
const EXPORT_DELAY_MS = 1_000;
const SETTLE_MS = 2 * EXPORT_DELAY_MS;

/** What tracing may cost: 1.10 times the CPU per order. */
const REQUIRED_RATIO = 1 / 1.1;

/** The whole order path, traced or not, with databases and a topic that it alone uses. */
interface Side {
  readonly gateway: Subject;
  readonly pids: Readonly<Record<string, number>>;
  readonly ordersUrl: string;
  readonly analyticsUrl: string;
}

/** CPU per order of gateway, order service and event processor, with a tenth of all orders traced and with none. */
export async function benchTelemetry(stage: Stage, size: BenchSize): Promise<Findings> {
  const { rounds = ROUNDS, seconds = SECONDS } = size;
  const { log, signal } = stage;
  const collector = await startCollector();
  try {
    const ours = await startSide(stage, 'traced', tracedEnvironment(collector.url));
    const plain = await startSide(stage, 'untraced', { OTEL_SDK_DISABLED: 'true' });
    log.step(`warming both up, then ${rounds} rounds of twice ${seconds} s at ${ORDERS_PER_SECOND} orders/s`);
    for (const side of [ours, plain]) await measure(stage, side, Math.min(seconds, WARM_UP_SECONDS));
    const measured = await measureRounds(
      { rounds, unit: 'orders', log, signal },
      { ours: () => measure(stage, ours, seconds), peers: { [NOT_TRACED]: () => measure(stage, plain, seconds) } },
    );
    if (collector.bytes() === 0) throw new Error('no span has arrived: the traced side was not traced');
    return toFindings(measured, { rounds, seconds });
  } finally {
    await collector.close();
  }
}

function toFindings(rounds: Findings['rounds'], size: { readonly rounds: number; readonly seconds: number }): Findings {
  return {
    unit: 'orders',
    per: 'CPU s',
    ours: 'traced',
    peers: [{ name: NOT_TRACED, required: REQUIRED_RATIO }],
    notes: [
      `${ORDERS_PER_SECOND} orders/s of two lines through the gateway, ${size.rounds} rounds of ${size.seconds} s each, ` +
        'by turns, each until analytics has all of it and the spans are out',
      `traced: OTEL_TRACES_SAMPLER=parentbased_traceidratio, ${SAMPLING_RATIO}, to a receiver outside the measurement; ` +
        'not traced: OTEL_SDK_DISABLED=true',
      'orders per second of CPU of gateway, order service with publisher, and event processor together',
    ],
    rounds,
  };
}

function tracedEnvironment(url: string): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: String(SAMPLING_RATIO),
    OTEL_BSP_SCHEDULE_DELAY: String(EXPORT_DELAY_MS),
  };
}

async function startSide(stage: Stage, name: string, env: Readonly<Record<string, string>>): Promise<Side> {
  const [ordersUrl, analyticsUrl] = [
    await stage.createDatabase(`bench_${name}_orders`),
    await stage.createDatabase(`bench_${name}_analytics`),
  ];
  const topic = `bench_${name}`;
  await stage.createTopic(topic, ORDER_EVENTS_PARTITIONS);
  await stage.createTopic(`${topic}.dlq`, 1);
  const kafka = { KAFKA_BOOTSTRAP_SERVERS: stage.kafka.bootstrapServers, TOPIC: topic };
  const orders = await stage.startService({
    service: 'order-service',
    name: `order-service-${name}`,
    env: { ...env, ...kafka, DATABASE_URL: ordersUrl },
  });
  const processor = await stage.startService({
    service: 'event-processor',
    name: `event-processor-${name}`,
    env: { ...env, ...kafka, DATABASE_URL: analyticsUrl, DLQ_TOPIC: `${topic}.dlq`, CONSUMER_GROUP: topic },
  });
  const gateway = await stage.startService({
    service: 'api-gateway',
    name: `api-gateway-${name}`,
    env: { ...env, ORDER_SERVICE_URL: orders.url, EVENT_PROCESSOR_URL: processor.url },
  });
  const pids = { gateway: gateway.pid, 'order-service': orders.pid, 'event-processor': processor.pid };
  return { gateway, pids, ordersUrl, analyticsUrl };
}

async function measure(stage: Stage, side: Side, seconds: number): Promise<Measurement> {
  const before = await countApplied(stage, side);
  const readCpu = startCpuMeter(side.pids);
  const load = await sendLoad(stage, {
    url: side.gateway.url,
    connections: CONNECTIONS,
    seconds,
    perSecond: ORDERS_PER_SECOND,
  });
  if (load.failed > 0) throw new Error(`${load.failed} requests failed, ${load.accepted} were accepted`);
  await waitUntil(async () => (await countApplied(stage, side)) - before >= load.accepted, {
    what: 'all orders in analytics',
    signal: stage.signal,
    timeoutMs: patienceMs(load.accepted),
    everyMs: 200,
  });
  await sleep(SETTLE_MS);
  const cpuMicros = readCpu();
  const sum = Object.values(cpuMicros).reduce((total, micros) => total + micros, 0);
  return { perSecond: (load.accepted * 1e6) / sum, cpuMicros: perUnit(cpuMicros, load.accepted) };
}

async function countApplied(stage: Stage, { analyticsUrl }: Side): Promise<number> {
  const [row] = await stage.sql<{ events: number }>(
    analyticsUrl,
    'SELECT count(*)::int AS events FROM processed_events',
  );
  return row?.events ?? 0;
}

/** Takes spans and throws them away. */
async function startCollector(): Promise<{ url: string; bytes: () => number; close: () => Promise<void> }> {
  let bytes = 0;
  const server: Server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => (bytes += chunk.length));
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end());
  });
  await new Promise<void>((resolve) => void server.listen(0, LOOPBACK, resolve));
  return {
    url: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`,
    bytes: () => bytes,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}
