import { crc32 } from 'node:zlib';
import { freePort, LOOPBACK } from '@orderflow/local/ports';
import type { BenchSize } from './options.ts';
import type { Findings, Measurement, Peer } from './report.ts';
import { measureRounds } from './rounds.ts';
import { sampleBodies } from './sample-orders.ts';
import { sendLoad } from './send-load.ts';
import type { Stage, Subject } from './stage.ts';
import { perUnit, startCpuMeter } from './usage.ts';

const CONNECTIONS = 64;
const ROUNDS = 5;
const SECONDS = 6;
const WARM_UP_SECONDS = 4;

const HTTP_PROXY = 'http-proxy';
const FASTIFY = '@fastify/http-proxy';
const PEERS: readonly Peer[] = [
  { name: HTTP_PROXY, required: 1.4 },
  { name: FASTIFY, required: 1 },
];

/** Orders that a gateway passes on with a second of its CPU, before an order service that costs next to nothing. */
export async function benchGateway(stage: Stage, size: BenchSize): Promise<Findings> {
  const { rounds = ROUNDS, seconds = SECONDS } = size;
  const upstream = await startWithUrl(stage, 'order-upstream', {});
  const env = { ORDER_SERVICE_URL: upstream.url, EVENT_PROCESSOR_URL: upstream.url };
  const ours = await stage.startService({ service: 'api-gateway', env });
  const proxy = await startWithUrl(stage, 'http-proxy-gateway', env);
  const fastify = await startWithUrl(stage, 'fastify-proxy-gateway', env);
  const pass = new Passage(stage, upstream);
  stage.log.step(`warming all up, then ${rounds} rounds of ${seconds} s each`);
  for (const side of [ours, proxy, fastify]) await pass.measure(side, Math.min(seconds, WARM_UP_SECONDS));
  const { log, signal } = stage;
  const measured = await measureRounds(
    { rounds, unit: 'orders', log, signal },
    {
      ours: () => pass.measure(ours, seconds),
      peers: {
        [HTTP_PROXY]: () => pass.measure(proxy, seconds),
        [FASTIFY]: () => pass.measure(fastify, seconds),
      },
    },
  );
  return {
    unit: 'orders',
    per: 'CPU s',
    ours: 'api-gateway',
    peers: PEERS,
    notes: [
      `closed loop of ${CONNECTIONS} connections, orders of two lines, ${rounds} rounds of ${seconds} s each, by turns; ` +
        'behind every gateway the same stub answers 201 at once',
      'orders per second of the gateway’s own CPU: generator and stub share the machine, and would blur the clock',
      'ours checks, names, traces, logs and counts every request and bounds what waits; the others only forward',
    ],
    rounds: measured,
  };
}

async function startWithUrl(stage: Stage, name: string, env: Readonly<Record<string, string>>): Promise<Subject> {
  const port = await freePort();
  return stage.startPeer({
    name,
    file: `${name}.ts`,
    env: { ...env, HTTP_PORT: String(port), NODE_ENV: 'production' },
    url: `http://${LOOPBACK}:${port}`,
  });
}

/** Orders through a gateway to the stub. */
class Passage {
  readonly #stage: Stage;
  readonly #upstream: Subject;
  readonly #bodies = new Set(sampleBodies().map((body) => String(crc32(body))));

  constructor(stage: Stage, upstream: Subject) {
    this.#stage = stage;
    this.#upstream = upstream;
  }

  async measure({ pid, url }: Subject, seconds: number): Promise<Measurement> {
    const before = await this.#countTaken();
    const readCpu = startCpuMeter({ gateway: pid });
    const { accepted, failed } = await sendLoad(this.#stage, { url, connections: CONNECTIONS, seconds });
    const cpuMicros = readCpu();
    const taken = (await this.#countTaken()) - before;
    if (failed > 0) throw new Error(`${failed} requests failed, ${accepted} were accepted`);
    if (taken < accepted || taken > accepted + CONNECTIONS) {
      throw new Error(`${accepted} orders were accepted, but ${taken} came through`);
    }
    const { gateway = Number.NaN } = cpuMicros;
    return { perSecond: (accepted * 1e6) / gateway, cpuMicros: perUnit(cpuMicros, accepted) };
  }

  /** @throws {Error} when something came through that was not sent. */
  async #countTaken(): Promise<number> {
    const response = await fetch(this.#upstream.url, { signal: this.#stage.signal });
    const taken = (await response.json()) as Record<string, number>;
    const altered = Object.keys(taken).filter((checksum) => !this.#bodies.has(checksum));
    if (altered.length > 0) throw new Error(`${altered.length} bodies came through altered`);
    return Object.values(taken).reduce((sum, count) => sum + count, 0);
  }
}
