import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PlatformOptions } from '@orderflow/local/platform/platform';
import type { ServiceProcess } from '@orderflow/local/platform/service-process';
import { LOOPBACK } from '@orderflow/local/ports';
import { startTcpProxy, type TcpProxy } from '@orderflow/local/tcp-proxy';
import { startPlatformUnderLoad, type PlatformUnderLoad } from '@orderflow/local/under-load/platform-under-load';
import { KafkajsAdmin } from '@orderflow/service-kit/kafka/kafkajs-admin';
import { KafkajsProducer } from '@orderflow/service-kit/kafka/kafkajs-producer';
import { silentLogger } from '@orderflow/service-kit/logger';
import { Pool } from 'pg';
import type { Setting } from '../scenarios/scenario.ts';
import type { LinkName, ProcessName } from '../strike.ts';
import { Keeper } from './keeper.ts';
import { chaosProcessOf, chaosStoreOf, type ChaosProcess } from './chaos-process.ts';
import { startStoreLinks, type StoreLinks } from './links.ts';

import { mountSmallDisk, type SmallDisk } from './small-disk.ts';

const MOVABLE_CLOCK = pathToFileURL(join(import.meta.dirname, 'movable-clock.ts')).href;

export interface StageOptions {
  readonly setting: Setting;
  readonly localDirectory: string;
  readonly signal: AbortSignal;
}

/** One platform under load and everything by which a scenario strikes at it and looks at it. */
export class Stage implements AsyncDisposable {
  readonly world: PlatformUnderLoad;
  /** Keeps every process running. */
  readonly keeper = new Keeper();
  /** Past the proxies, so that what is looked at is not what is broken. */
  readonly databases: { readonly orders: Pool; readonly analytics: Pool };
  readonly kafka: { readonly admin: KafkajsAdmin; readonly producer: KafkajsProducer };
  readonly signal: AbortSignal;
  readonly #processes = new Map<string, ChaosProcess>();
  readonly #parts: StageParts;
  readonly #stack: AsyncDisposableStack;

  /** Starts everything. */
  static async open({ setting, localDirectory, signal }: StageOptions): Promise<Stage> {
    await using stack = new AsyncDisposableStack();
    const disk = setting.smallDisk === undefined ? undefined : stack.use(await mountSmallDisk());
    const clockDirectory = await mkdtemp(join(tmpdir(), 'orderflow-clock-'));
    stack.defer(() => rm(clockDirectory, { recursive: true, force: true }));
    const links = setting.hasProxies === true ? stack.use(await startStoreLinks()) : undefined;
    const world = stack.use(
      await startPlatformUnderLoad({
        localDirectory,
        name: 'chaos',
        signal,
        processors: setting.processors,
        ...links?.platform,
        ...(disk === undefined ? {} : { stores: storesOn(disk, setting) }),
        ...(setting.hasMovableClocks === true ? { env: movableClocks(clockDirectory) } : {}),
      }),
    );
    const clients = links === undefined ? undefined : await startClientsProxy(world, stack);
    const publisher = setting.hasSecondPublisher === true ? await world.platform.addPublisher() : undefined;
    return new Stage({ disk, clockDirectory, links, world, clients, publisher, signal }, stack.move());
  }

  private constructor(parts: StageParts, stack: AsyncDisposableStack) {
    this.#parts = parts;
    this.#stack = stack;
    this.world = parts.world;
    this.signal = parts.signal;
    const { ordersDatabaseUrl, analyticsDatabaseUrl, kafkaBootstrapServers } = this.world.platform.endpoints();
    this.databases = { orders: openPool(ordersDatabaseUrl), analytics: openPool(analyticsDatabaseUrl) };
    const connection = { bootstrapServers: [kafkaBootstrapServers], clientId: 'chaos' };
    const logger = silentLogger();
    this.kafka = {
      admin: new KafkajsAdmin(connection, { logger }),
      producer: new KafkajsProducer(connection, { logger }),
    };
    this.#keepAll();
  }

  get clientsUrl(): string {
    const { clients, world } = this.#parts;
    return clients === undefined ? world.platform.gateway.url : `http://${LOOPBACK}:${clients.port}`;
  }

  /** @throws {Error} when the setting has no small disk. */
  get disk(): SmallDisk {
    return required(this.#parts.disk, 'a small disk');
  }

  /** The file that says how far a service's clock is moved. */
  clockFile(service: ProcessName): string {
    return join(this.#parts.clockDirectory, service);
  }

  /** @throws {Error} when there is none of that name. */
  process(name: ProcessName): ChaosProcess {
    return required(this.#processes.get(name), `a process ${name}`);
  }

  /** @throws {Error} when the setting has no proxies. */
  link(name: LinkName): TcpProxy {
    const { clients, links } = this.#parts;
    return required(name === 'clients to gateway' ? clients : links?.proxies[name], `a proxy between ${name}`);
  }

  /** Another processor, which is kept running as well. */
  async join(): Promise<void> {
    const processor = chaosProcessOf(await this.world.platform.addProcessor());
    this.#processes.set(processor.name, processor);
    this.keeper.keep(processor);
  }

  /** The processor that came last leaves, politely; the first two stay. */
  async leave(): Promise<void> {
    const { platform } = this.world;
    const last = platform.processors.at(-1);
    if (last === undefined || platform.processors.length <= 2) throw new Error('there is no processor that may leave');
    this.keeper.release(last.name);
    await platform.removeProcessor(last);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.keeper[Symbol.asyncDispose]();
    await Promise.all([this.databases.orders.end(), this.databases.analytics.end()]);
    await Promise.all([this.kafka.admin.stop(), this.kafka.producer.stop()]);
    await this.#stack.disposeAsync();
  }

  #keepAll(): void {
    const { platform } = this.world;
    const services = [
      platform.gateway,
      platform.orders,
      ...platform.processors,
      platform.auditor,
      this.#parts.publisher,
    ];
    const processes = [
      ...services.flatMap((service) => (service === undefined ? [] : [chaosProcessOf(service)])),
      chaosStoreOf('kafka', platform.kafka),
      chaosStoreOf('postgres', platform.postgres),
    ];
    for (const process of processes) {
      this.#processes.set(process.name, process);
      this.keeper.keep(process);
    }
  }
}

interface StageParts {
  readonly world: PlatformUnderLoad;
  readonly disk: SmallDisk | undefined;
  readonly clockDirectory: string;
  readonly links: StoreLinks | undefined;
  readonly clients: TcpProxy | undefined;
  readonly publisher: ServiceProcess | undefined;
  readonly signal: AbortSignal;
}

async function startClientsProxy({ platform }: PlatformUnderLoad, stack: AsyncDisposableStack): Promise<TcpProxy> {
  const proxy = await startTcpProxy({ targetPort: Number(new URL(platform.gateway.url).port) });
  stack.defer(() => proxy.close());
  return proxy;
}

function openPool(connectionString: string): Pool {
  const pool = new Pool({ connectionString, max: 2, connectionTimeoutMillis: 2_000, query_timeout: 10_000 });
  pool.on('error', () => undefined); // the server is killed now and then; the next query says so
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

function storesOn({ path }: SmallDisk, { smallDisk }: Setting): NonNullable<PlatformOptions['stores']> {
  const dataDirectory = join(path, 'data');
  // A small log, since what is in memory here should stay little.
  return smallDisk === 'kafka'
    ? { kafka: { dataDirectory } }
    : { postgres: { dataDirectory, settings: { max_wal_size: '256MB' } } };
}

function movableClocks(directory: string): NonNullable<PlatformOptions['env']> {
  const env = (service: ProcessName): Record<string, string> => ({
    NODE_OPTIONS: `--import ${MOVABLE_CLOCK}`,
    CHAOS_CLOCK_FILE: join(directory, service),
  });
  return { gateway: env('api-gateway'), orders: env('order-service'), processor: env('event-processor-1') };
}

function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`this scenario has not asked for ${what}`);
  return value;
}
