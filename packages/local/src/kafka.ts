import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { superviseProcess, waitUntilReady, type ProcessExit, type SupervisedProcess } from './child-process.ts';
import { runCommand } from './command.ts';
import { readLocalEnvironment, type LocalEnvironment } from './environment.ts';
import { formatProperties, planBrokerProperties, planJvmArguments, type ProxiedListener } from './kafka-config.ts';
import { obtainKafkaJars, type KafkaJars } from './kafka-jars.ts';
import { createSecurityMaterial, scramArguments, type KafkaSecurity, type SecurityMaterial } from './kafka-security.ts';
import { LocalError } from './local-error.ts';
import { freePort, LOOPBACK, startOnPort } from './ports.ts';
import type { ProgressLog } from './progress.ts';
import { requireDiskSpace, requireJava, type Java } from './requirements.ts';
import type { RunDirectory } from './run-directory.ts';

const LOG4J_FILE = join(import.meta.dirname, '..', 'kafka', 'log4j2.properties');
const DEFAULT_HEAP_MB = 512;
const READY_DEADLINE_MS = 120_000;
const READY_LINE = 'Kafka Server started';

export interface KafkaOptions {
  readonly run: RunDirectory;
  /** Where the jars are kept between runs. */
  readonly cacheDirectory: string;
  readonly log: ProgressLog;
  /** Several brokers of one run need different names. Default: `kafka`. */
  readonly name?: string;
  /** Default: a folder of the broker's name in the run's folder. */
  readonly dataDirectory?: string;
  /** Default: any free one. */
  readonly port?: number;
  readonly heapMb?: number;
  /** Broker settings (`server.properties` names), over the defaults. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Takes clients only over TLS with SCRAM-SHA-512; default: plaintext for everyone on this machine. */
  readonly security?: KafkaSecurity;
  /** A second listener whose advertised address is that of a proxy, for fault tests. */
  readonly proxied?: ProxiedListener;
  readonly environment?: LocalEnvironment;
}

export interface LocalKafka {
  /** `127.0.0.1:<port>`, the same after a restart. */
  readonly bootstrapServers: string;
  readonly port: number;
  /** Of the present process; another one after a restart. */
  readonly pid: number;
  readonly version: string;
  readonly logFile: string;
  /** Of the present process. */
  readonly exited: Promise<ProcessExit>;
  readonly security: { readonly caPem: string } | undefined;
  /** Controlled shutdown; idempotent. */
  stop(): Promise<void>;
  /** Default: SIGKILL. */
  kill(signal?: NodeJS.Signals): void;
  /** The broker keeps its connections and answers nothing. */
  pause(): void;
  resume(): void;
  /** Starts it on the same port and data, after it was stopped or killed; a running one is stopped first. */
  restart(): Promise<void>;
}

/** Everything that a launch needs and that stays the same over restarts. */
interface Broker {
  readonly options: KafkaOptions;
  readonly environment: LocalEnvironment;
  readonly java: Java;
  readonly jars: KafkaJars;
  readonly home: string;
  readonly material: SecurityMaterial | undefined;
}

/**
 * Starts a real Kafka broker on 127.0.0.1 and waits until it serves clients.
 * @throws LocalError with what is missing and how to get it.
 */
export async function startKafka(options: KafkaOptions): Promise<LocalKafka> {
  const broker = await prepareBroker(options);
  const kafka = await startOnPort(options.port, async (port) => {
    await writeProperties(broker, { clientPort: port, controllerPort: await freePort() });
    await formatStorage(broker);
    return new RunningKafka(broker, { port, child: await launch(broker) });
  });
  options.log.step(`kafka: Apache Kafka ${broker.jars.version} listens on ${kafka.bootstrapServers}`);
  return kafka;
}

async function prepareBroker(options: KafkaOptions): Promise<Broker> {
  const environment = options.environment ?? readLocalEnvironment();
  const { cacheDirectory, log, run, security } = options;
  const java = await requireJava(environment);
  const jars = await obtainKafkaJars({
    cacheDirectory: resolve(cacheDirectory),
    environment,
    log,
    signal: run.signal,
  });
  const home = resolve(options.dataDirectory ?? join(run.path, options.name ?? 'kafka'));
  await mkdir(home, { recursive: true });
  await requireDiskSpace(home);
  const material =
    security === undefined
      ? undefined
      : await createSecurityMaterial({ directory: join(home, 'security'), keytool: java.keytool, security });
  return { options, environment, java, jars, home, material };
}

function propertiesFile({ home }: Broker): string {
  return join(home, 'server.properties');
}

async function writeProperties(
  broker: Broker,
  ports: { readonly clientPort: number; readonly controllerPort: number },
): Promise<void> {
  const properties = planBrokerProperties({
    ...ports,
    logDirectory: join(broker.home, 'data'),
    proxied: broker.options.proxied,
    security: broker.material?.properties,
    properties: broker.options.properties ?? {},
  });
  await writeFile(propertiesFile(broker), formatProperties(properties), { mode: 0o600 });
}

function javaArguments({ options, jars }: Broker): string[] {
  const heapMb = options.heapMb ?? DEFAULT_HEAP_MB;
  return planJvmArguments({ heapMb, jarDirectory: jars.directory, log4jFile: LOG4J_FILE });
}

async function formatStorage(broker: Broker): Promise<void> {
  if (existsSync(join(broker.home, 'data', 'meta.properties'))) return;
  const clusterId = randomBytes(16).toString('base64url');
  // The id in one argument with its name: one in 64 begins with a dash.
  const id = `--cluster-id=${clusterId}`;
  const format = ['kafka.tools.StorageTool', 'format', id, '--config', propertiesFile(broker)];
  const users = scramArguments(broker.material?.users ?? []);
  try {
    await runCommand([broker.java.bin, ...javaArguments(broker), ...format, ...users], {
      env: broker.environment.childEnv,
      signal: broker.options.run.signal,
    });
  } catch (error: unknown) {
    throw new LocalError({
      code: 'COMMAND_FAILED',
      message: `Kafka's storage in ${broker.home} could not be formatted.`,
      fix: 'See what the tool says below; most often a setting is wrong or the folder may not be written to.',
      ...(error instanceof LocalError && error.details !== undefined ? { details: error.details } : {}),
      cause: error,
    });
  }
}

async function launch(broker: Broker): Promise<SupervisedProcess> {
  const child = await superviseProcess({
    name: broker.options.name ?? 'kafka',
    command: broker.java.bin,
    args: [...javaArguments(broker), 'kafka.Kafka', propertiesFile(broker)],
    run: broker.options.run,
    env: broker.environment.childEnv,
    cwd: broker.home,
  });
  await waitUntilReady(child, { isReady: child.watchFor(READY_LINE), deadlineMs: READY_DEADLINE_MS });
  return child;
}

class RunningKafka implements LocalKafka {
  readonly #broker: Broker;
  #child: SupervisedProcess;
  readonly port: number;

  constructor(broker: Broker, started: { readonly port: number; readonly child: SupervisedProcess }) {
    this.#broker = broker;
    this.#child = started.child;
    this.port = started.port;
  }

  get bootstrapServers(): string {
    return `${LOOPBACK}:${this.port}`;
  }

  get pid(): number {
    return this.#child.pid;
  }

  get version(): string {
    return this.#broker.jars.version;
  }

  get logFile(): string {
    return this.#child.logFile;
  }

  get exited(): Promise<ProcessExit> {
    return this.#child.exited;
  }

  get security(): { readonly caPem: string } | undefined {
    return this.#broker.material;
  }

  async stop(): Promise<void> {
    await this.#child.stop();
  }

  kill(signal?: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  pause(): void {
    this.#child.pause();
  }

  resume(): void {
    this.#child.resume();
  }

  async restart(): Promise<void> {
    await this.#child.stop();
    this.#child = await launch(this.#broker);
  }
}
