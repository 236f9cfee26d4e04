import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startService, type ServiceName, type ServiceProcess } from '@orderflow/local/platform/service-process';
import { openRunDirectory } from '@orderflow/local/run-directory';
import { deployDatabase, type DeployedDatabase, type Role } from './deployed-database.ts';
import { startSecuredKafka, type SecuredKafka } from './secured-kafka.ts';

const LOCAL_DIRECTORY = join(import.meta.dirname, '..', '.local');

/** What the platform is told in secret. */
export interface PlatformSecrets {
  readonly ordersPassword: string;
  readonly analyticsPassword: string;
  readonly kafkaPassword: string;
  readonly staffKey: string;
  readonly customerKey: string;
  readonly consolePassword: string;
}

/** The platform as the charts run it: a login of its own for each process, secrets in files, keys at the gateway. */
export interface SecuredPlatform extends AsyncDisposable {
  readonly orders: DeployedDatabase;
  readonly analytics: DeployedDatabase;
  readonly kafka: SecuredKafka;
  readonly services: Readonly<
    Record<'orders' | 'publisher' | 'processor' | 'gateway' | 'auditor' | 'console', ServiceProcess>
  >;
}

export interface SecuredPlatformOptions {
  readonly secrets: PlatformSecrets;
  /** The id of the customer who has the customer's key. */
  readonly customerId: string;
  /** What all processes get besides. */
  readonly env: Readonly<Record<string, string>>;
}

/** When something does not start, the rest is stopped again. */
export async function startSecuredPlatform(options: SecuredPlatformOptions): Promise<SecuredPlatform> {
  const stack = new AsyncDisposableStack();
  try {
    return { ...(await startAll(options, stack)), [Symbol.asyncDispose]: () => stack.disposeAsync() };
  } catch (error: unknown) {
    await stack.disposeAsync();
    throw error;
  }
}

type Variables = Readonly<Record<string, string>>;
type Stores = Pick<SecuredPlatform, 'orders' | 'analytics' | 'kafka'>;

async function startAll(
  options: SecuredPlatformOptions,
  stack: AsyncDisposableStack,
): Promise<Omit<SecuredPlatform, keyof AsyncDisposable>> {
  const { secrets, env } = options;
  const run = await openRunDirectory({ localDirectory: LOCAL_DIRECTORY, name: 'secured' });
  stack.defer(() => run.remove());
  const stores: Stores = {
    orders: stack.use(await deployDatabase('orders', { password: secrets.ordersPassword })),
    analytics: stack.use(await deployDatabase('analytics', { password: secrets.analyticsPassword })),
    kafka: stack.use(
      await startSecuredKafka({
        users: { publisher: ['orderService'], processor: ['eventProcessor'], auditor: ['auditor'] },
        passwordOf: () => secrets.kafkaPassword,
      }),
    ),
  };
  const start: Start = async (service, { name, program = 'main.ts', ...own }) =>
    stack.adopt(await startService({ run, service, name, program, env: { ...env, ...own } }), (each) => each.stop());
  const logins = new Logins(join(run.path, 'secrets'), stores.kafka, secrets);
  const workers = await startWorkers(start, logins, stores);
  return { ...stores, services: { ...workers, ...(await startEdge(start, { ...options, logins, stores, workers })) } };
}

type Start = (
  service: ServiceName,
  variables: Variables & { readonly name: string; readonly program?: string },
) => Promise<ServiceProcess>;

type Workers = Pick<SecuredPlatform['services'], 'orders' | 'publisher' | 'processor'>;

async function startWorkers(start: Start, logins: Logins, { orders, analytics }: Stores): Promise<Workers> {
  return {
    orders: await start('order-service', {
      name: 'orders',
      ...(await logins.ofDatabase('DATABASE', orders, 'runtime')),
      MIGRATE: 'off',
      PUBLISHER: 'off',
    }),
    publisher: await start('order-service', {
      name: 'publisher',
      ...(await logins.ofDatabase('DATABASE', orders, 'publisher')),
      ...(await logins.ofKafka('publisher')),
      MIGRATE: 'off',
      PUBLISHER: 'only',
    }),
    processor: await start('event-processor', {
      name: 'processor',
      ...(await logins.ofDatabase('DATABASE', analytics, 'runtime')),
      ...(await logins.ofKafka('processor')),
      MIGRATE: 'off',
    }),
  };
}

interface EdgeParts {
  readonly customerId: string;
  readonly logins: Logins;
  readonly stores: Stores;
  readonly workers: Workers;
}

async function startEdge(
  start: Start,
  { customerId, logins, stores, workers }: EdgeParts,
): Promise<Omit<SecuredPlatform['services'], keyof Workers>> {
  const gateway = await start('api-gateway', {
    name: 'gateway',
    ORDER_SERVICE_URL: workers.orders.url,
    EVENT_PROCESSOR_URL: workers.processor.url,
    ...(await logins.apiKeys(customerId)),
  });
  const auditor = await start('auditor', {
    name: 'auditor',
    program: 'serve-main.ts',
    ...(await logins.ofDatabase('ORDERS_DATABASE', stores.orders, 'auditor')),
    ...(await logins.ofDatabase('ANALYTICS_DATABASE', stores.analytics, 'auditor')),
    ...(await logins.ofKafka('auditor')),
    AUDIT_INTERVAL_MS: '500',
    AUDIT_SETTLE_MS: '500',
  });
  const page = await start('console', {
    name: 'console',
    GATEWAY_URL: gateway.url,
    AUDITOR_URL: auditor.url,
    ...(await logins.ofConsole()),
  });
  return { gateway, auditor, console: page };
}

/** The variables that lead to secrets: each lies in a file, as where it is mounted. */
class Logins {
  readonly #directory: string;
  readonly #kafka: SecuredKafka;
  readonly #secrets: PlatformSecrets;

  constructor(directory: string, kafka: SecuredKafka, secrets: PlatformSecrets) {
    this.#directory = directory;
    this.#kafka = kafka;
    this.#secrets = secrets;
  }

  async ofDatabase(prefix: string, database: DeployedDatabase, role: Role): Promise<Variables> {
    return { [`${prefix}_URL_FILE`]: await this.#file(`${database.schema}-${role}`, database.urlOf(role)) };
  }

  async ofKafka(user: string): Promise<Variables> {
    return {
      KAFKA_BOOTSTRAP_SERVERS: this.#kafka.connectionOf(user).bootstrapServers.join(','),
      KAFKA_TLS: 'true',
      KAFKA_TLS_CA_FILE: await this.#file('ca.crt', this.#kafka.caPem),
      KAFKA_SASL_USERNAME: user,
      KAFKA_SASL_PASSWORD_FILE: await this.#file('kafka-password', this.#secrets.kafkaPassword),
    };
  }

  async apiKeys(customerId: string): Promise<Variables> {
    const { staffKey, customerKey } = this.#secrets;
    const list = [`warehouse staff ${digestOf(staffKey)}`, `${customerId} customer ${digestOf(customerKey)}`];
    return { API_KEYS_FILE: await this.#file('api-keys', list.join('\n')) };
  }

  async ofConsole(): Promise<Variables> {
    const nothing = JSON.stringify({ processes: [], scaling: null, changes: [] });
    return {
      GATEWAY_API_KEY_FILE: await this.#file('staff-key', this.#secrets.staffKey),
      CONSOLE_API_KEY_FILE: await this.#file('console-password', this.#secrets.consolePassword),
      PLATFORM_FILE: await this.#file('platform.json', nothing),
    };
  }

  /** The file's path. */
  async #file(name: string, content: string): Promise<string> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const path = join(this.#directory, name);
    await writeFile(path, content, { mode: 0o600 });
    return path;
  }
}

function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
