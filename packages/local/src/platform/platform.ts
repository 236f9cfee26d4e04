import { Client } from 'pg';
import { ORDER_EVENTS_DLQ_TOPIC, ORDER_EVENTS_PARTITIONS, ORDER_EVENTS_TOPIC } from '@orderflow/contracts/topics';
import { KafkajsAdmin } from '@orderflow/service-kit/kafka/kafkajs-admin';
import { silentLogger } from '@orderflow/service-kit/logger';
import type { BackendsOptions } from '../backends.ts';
import { startKafka, type LocalKafka } from '../kafka.ts';
import { LOOPBACK } from '../ports.ts';
import { startPostgres, type LocalPostgres } from '../postgres.ts';
import type { ProgressLog } from '../progress.ts';
import type { RunDirectory } from '../run-directory.ts';
import { ANALYTICS_DATABASE, endpointsOf, ORDERS_DATABASE, type Endpoints, type Stores } from './endpoints.ts';
import { startService, type ServiceProcess } from './service-process.ts';

export interface PlatformOptions {
  readonly run: RunDirectory;
  readonly cacheDirectory: string;
  readonly log: ProgressLog;
  readonly processors: number;
  /** Whether the auditor watches, and where the receipts of clients will be written. Default: nobody watches. */
  readonly auditor?: { readonly receipts: string };
  /** How the servers are run, where the default is not wanted. */
  readonly stores?: Pick<BackendsOptions, 'postgres' | 'kafka'>;
  /**
   * Ports of proxies through which order service, publisher and processors reach their stores. One before Kafka must
   * be what `stores.kafka.proxied` advertises. Default: they connect directly, as the auditor always does.
   */
  readonly through?: { readonly orders?: number; readonly analytics?: number; readonly kafka?: number };
  /** Whether there is a page to look at, and the file that tells it which processes run. Default: none. */
  readonly console?: { readonly platformFile: string };
  /** Configuration of single services, over that of the embedded default. */
  readonly env?: {
    readonly gateway?: Readonly<Record<string, string>>;
    readonly orders?: Readonly<Record<string, string>>;
    readonly processor?: Readonly<Record<string, string>>;
  };
}

export type { Endpoints };

/** The whole platform on this machine. */
export interface Platform {
  readonly postgres: LocalPostgres;
  readonly kafka: LocalKafka;
  readonly gateway: ServiceProcess;
  readonly orders: ServiceProcess;
  readonly auditor: ServiceProcess | undefined;
  readonly console: ServiceProcess | undefined;
  /** The event processors; there may come more and go some. */
  readonly processors: readonly ServiceProcess[];
  endpoints(): Endpoints;
  addProcessor(): Promise<ServiceProcess>;
  /** One more process that publishes the outbox and takes no orders. */
  addPublisher(): Promise<ServiceProcess>;
  /** Takes it out of `processors`, then stops it. */
  removeProcessor(processor: ServiceProcess): Promise<void>;
  /** Stops everything in the order in which orders flow. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL, Kafka and all services, each ready before what needs it.
 *
 * @throws {LocalError} with what is missing or did not start; what was started is stopped again.
 */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const stack = new AsyncDisposableStack();
  try {
    const platform = await startAll(options, stack);
    return platform;
  } catch (error: unknown) {
    await stack.disposeAsync();
    throw error;
  }
}

async function startAll(options: PlatformOptions, stack: AsyncDisposableStack): Promise<Platform> {
  const { log } = options;
  const [postgres, kafka] = await startStores(options, stack);
  await Promise.all([createDatabases(postgres), createTopics(kafka)]);
  log.step('platform: databases and topics are there, starting the services');

  const services = new PlatformServices(options, { postgres, kafka });
  stack.defer(() => services.stopWorkers());
  const [orders] = await Promise.all([
    services.startOrders(stack),
    ...Array.from({ length: options.processors }, () => services.addProcessor()),
  ]);
  const [firstProcessor] = services.processors;
  const [gateway, auditor] = await Promise.all([
    services.startGateway(stack, { orders, processor: firstProcessor }),
    services.startAuditor(stack),
  ]);
  const page = await services.startConsole(stack, { gateway, auditor });
  const others = [gateway, orders, auditor, page].filter((service) => service !== undefined);
  log.step(`platform: ready, ${services.processors.length + others.length} services`);

  return {
    postgres,
    kafka,
    gateway,
    orders,
    auditor,
    console: page,
    processors: services.processors,
    addProcessor: () => services.addProcessor(),
    addPublisher: () => services.addPublisher(),
    removeProcessor: (processor) => services.removeProcessor(processor),
    endpoints: () => endpointsOf({ postgres, kafka }, { gateway, auditor, page }, [...others, ...services.processors]),
    stop: () => stack.disposeAsync(),
  };
}

/** Both at once, since each mostly waits; when one fails the other is stopped by the stack. */
async function startStores(
  { run, cacheDirectory, log, stores }: PlatformOptions,
  stack: AsyncDisposableStack,
): Promise<[LocalPostgres, LocalKafka]> {
  const starting = [
    startPostgres({ ...stores?.postgres, run, cacheDirectory, log }),
    startKafka({ ...stores?.kafka, run, cacheDirectory, log }),
  ] as const;
  const outcomes = await Promise.allSettled(starting);
  for (const outcome of outcomes) if (outcome.status === 'fulfilled') stack.defer(() => outcome.value.stop());
  return Promise.all(starting);
}

async function createDatabases(postgres: LocalPostgres): Promise<void> {
  const client = new Client({ connectionString: postgres.url() });
  await client.connect();
  try {
    for (const database of [ORDERS_DATABASE, ANALYTICS_DATABASE]) await client.query(`CREATE DATABASE ${database}`);
  } finally {
    await client.end();
  }
}

async function createTopics(kafka: LocalKafka): Promise<void> {
  const connection = { bootstrapServers: [kafka.bootstrapServers], clientId: 'local' };
  const admin = new KafkajsAdmin(connection, { logger: silentLogger() });
  try {
    await admin.ensureTopics([
      { name: ORDER_EVENTS_TOPIC, partitions: ORDER_EVENTS_PARTITIONS },
      { name: ORDER_EVENTS_DLQ_TOPIC, partitions: 1 },
    ]);
  } finally {
    await admin.stop();
  }
}

class PlatformServices {
  readonly #options: PlatformOptions;
  readonly #stores: Stores;
  readonly processors: ServiceProcess[] = [];
  readonly #publishers: ServiceProcess[] = [];
  #processorsStarted = 0;

  constructor(options: PlatformOptions, stores: Stores) {
    this.#options = options;
    this.#stores = stores;
  }

  async startOrders(stack: AsyncDisposableStack): Promise<ServiceProcess> {
    const orders = await startService({
      run: this.#options.run,
      service: 'order-service',
      env: { ...this.#storeEnvironment(ORDERS_DATABASE), ...this.#options.env?.orders },
    });
    stack.defer(() => orders.stop());
    return orders;
  }

  async addPublisher(): Promise<ServiceProcess> {
    const publisher = await startService({
      run: this.#options.run,
      service: 'order-service',
      name: `publisher-${this.#publishers.length + 1}`,
      env: { ...this.#storeEnvironment(ORDERS_DATABASE), ...this.#options.env?.orders, PUBLISHER: 'only' },
    });
    this.#publishers.push(publisher);
    return publisher;
  }

  async startGateway(
    stack: AsyncDisposableStack,
    upstreams: { readonly orders: ServiceProcess; readonly processor: ServiceProcess | undefined },
  ): Promise<ServiceProcess> {
    const gateway = await startService({
      run: this.#options.run,
      service: 'api-gateway',
      env: {
        ORDER_SERVICE_URL: upstreams.orders.url,
        EVENT_PROCESSOR_URL: (upstreams.processor ?? upstreams.orders).url,
        ...this.#options.env?.gateway,
      },
    });
    stack.defer(() => gateway.stop());
    return gateway;
  }

  /** Resolves with undefined when nobody is to watch. */
  async startAuditor(stack: AsyncDisposableStack): Promise<ServiceProcess | undefined> {
    const { postgres, kafka } = this.#stores;
    const { run, auditor: watching } = this.#options;
    if (watching === undefined) return undefined;
    const auditor = await startService({
      run,
      service: 'auditor',
      program: 'serve-main.ts',
      env: {
        ORDERS_DATABASE_URL: postgres.url(ORDERS_DATABASE),
        ANALYTICS_DATABASE_URL: postgres.url(ANALYTICS_DATABASE),
        KAFKA_BOOTSTRAP_SERVERS: kafka.bootstrapServers,
        AUDIT_RECEIPTS: watching.receipts,
      },
    });
    stack.defer(() => auditor.stop());
    return auditor;
  }

  /** Resolves with undefined when nobody is to look. */
  async startConsole(
    stack: AsyncDisposableStack,
    shown: { readonly gateway: ServiceProcess; readonly auditor: ServiceProcess | undefined },
  ): Promise<ServiceProcess | undefined> {
    const { run, console: page, auditor: watching } = this.#options;
    if (page === undefined) return undefined;
    const started = await startService({
      run,
      service: 'console',
      env: {
        GATEWAY_URL: shown.gateway.url,
        AUDITOR_URL: shown.auditor?.url ?? '',
        PLATFORM_FILE: page.platformFile,
        RECEIPTS_FILE: watching?.receipts ?? '',
      },
    });
    stack.defer(() => started.stop());
    return started;
  }

  async addProcessor(): Promise<ServiceProcess> {
    this.#processorsStarted += 1;
    const processor = await startService({
      run: this.#options.run,
      service: 'event-processor',
      name: `event-processor-${this.#processorsStarted}`,
      env: { ...this.#storeEnvironment(ANALYTICS_DATABASE), ...this.#options.env?.processor },
    });
    this.processors.push(processor);
    return processor;
  }

  async removeProcessor(processor: ServiceProcess): Promise<void> {
    const index = this.processors.indexOf(processor);
    if (index >= 0) this.processors.splice(index, 1);
    await processor.stop();
  }

  /** Processors and publishers that were added. */
  async stopWorkers(): Promise<void> {
    await Promise.all([...this.#publishers, ...this.processors].map((worker) => worker.stop()));
  }

  #storeEnvironment(database: typeof ORDERS_DATABASE | typeof ANALYTICS_DATABASE): Record<string, string> {
    const { postgres, kafka } = this.#stores;
    const through = this.#options.through ?? {};
    const databaseUrl = new URL(postgres.url(database));
    databaseUrl.port = String(through[database] ?? postgres.port);
    return {
      DATABASE_URL: databaseUrl.href,
      KAFKA_BOOTSTRAP_SERVERS: through.kafka === undefined ? kafka.bootstrapServers : `${LOOPBACK}:${through.kafka}`,
    };
  }
}
