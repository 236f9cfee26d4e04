import { join, resolve } from 'node:path';
import { Client } from 'pg';
import { startBackends, type Backends } from '@orderflow/local/backends';
import {
  childExitedError,
  superviseProcess,
  waitUntilReady,
  type SupervisedProcess,
} from '@orderflow/local/child-process';
import { readLocalEnvironment } from '@orderflow/local/environment';
import type { ProgressLog } from '@orderflow/local/progress';
import { openRunDirectory, type RunDirectory } from '@orderflow/local/run-directory';
import { startService, type ServiceOptions } from '@orderflow/local/platform/service-process';
import { KafkajsAdmin } from '@orderflow/service-kit/kafka/kafkajs-admin';
import type { PartitionRange, TopicReading } from '@orderflow/service-kit/kafka/admin-port';
import type { KafkaConnection } from '@orderflow/service-kit/kafka/config';
import { silentLogger } from '@orderflow/service-kit/logger';

const PEERS = join(import.meta.dirname, 'peers');
const PEER_READY_DEADLINE_MS = 30_000;

/** What a peer prints when it does its work. */
const READY_WORD = 'ready';

export interface StageOptions {
  /** `.local` of the repository. */
  readonly localDirectory: string;
  readonly log: ProgressLog;
  /** Aborts on Ctrl-C. */
  readonly interrupt: AbortSignal;
}

/** A process that is measured. */
export interface Subject {
  readonly pid: number;
  /** Base URL of its HTTP API, if it has one. */
  readonly url: string;
  /** It keeps its connections and does nothing. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

/** A program of `bench/peers`, or one of the benchmark's own tools. */
export interface ProgramOptions {
  readonly name: string;
  /** File name in the folder of the peers. */
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where it will listen, if it does. */
  readonly url?: string;
}

/**
 * One PostgreSQL and one Kafka, which both sides of a benchmark use in turn, and the processes that are measured on
 * them. Everything ends with it.
 */
export class Stage implements AsyncDisposable {
  readonly run: RunDirectory;
  readonly log: ProgressLog;
  /** Aborts with the reason when a process dies that should not, or on Ctrl-C: every wait takes it. */
  readonly signal: AbortSignal;
  readonly #failure: AbortController;
  readonly #backends: Backends;
  readonly #admin: KafkajsAdmin;
  readonly #interrupt: AbortSignal;
  readonly #running = new Set<Subject>();
  #isClosing = false;
  #hasSucceeded = false;

  private constructor(parts: {
    readonly run: RunDirectory;
    readonly log: ProgressLog;
    readonly failure: AbortController;
    readonly interrupt: AbortSignal;
    readonly backends: Backends;
  }) {
    this.run = parts.run;
    this.log = parts.log;
    this.signal = parts.failure.signal;
    this.#failure = parts.failure;
    this.#interrupt = parts.interrupt;
    this.#backends = parts.backends;
    this.#admin = new KafkajsAdmin(this.kafkaConnection, { logger: silentLogger() });
    for (const [name, { exited }] of Object.entries({ PostgreSQL: this.postgres, Kafka: this.kafka })) {
      void exited.then(() => this.#fail(new Error(`${name} has ended in the middle of the benchmark`)));
    }
  }

  /** @throws {LocalError} with what is missing. */
  static async open({ localDirectory, log, interrupt }: StageOptions): Promise<Stage> {
    const failure = new AbortController();
    const abort = (): void => failure.abort(interrupt.reason);
    if (interrupt.aborted) abort();
    interrupt.addEventListener('abort', abort, { once: true });
    const run = await openRunDirectory({ localDirectory, name: 'bench', log, signal: failure.signal });
    try {
      const backends = await startBackends({ run, log, cacheDirectory: resolve(localDirectory, 'cache') });
      return new Stage({ run, log, failure, interrupt, backends });
    } catch (error: unknown) {
      if (interrupt.aborted) await run.remove();
      throw error;
    }
  }

  get postgres(): Backends['postgres'] {
    return this.#backends.postgres;
  }

  get kafka(): Backends['kafka'] {
    return this.#backends.kafka;
  }

  get kafkaConnection(): KafkaConnection {
    return { bootstrapServers: [this.kafka.bootstrapServers], clientId: 'bench' };
  }

  /** An empty database, made anew when there is one of the name. */
  async createDatabase(name: string): Promise<string> {
    await this.sql(this.postgres.url(), `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await this.sql(this.postgres.url(), `CREATE DATABASE ${name}`);
    return this.postgres.url(name);
  }

  /** Does the work on an empty database that goes away again; it stays for a look when the work fails. */
  async withDatabase<Result>(
    name: string,
    work: (database: { readonly url: string; readonly client: Client }) => Promise<Result>,
  ): Promise<Result> {
    const url = await this.createDatabase(name);
    const client = new Client({ connectionString: url });
    // A connection that breaks fails the statement on it; unheard, it would end this process.
    client.on('error', () => undefined);
    await client.connect();
    let result: Result;
    try {
      result = await work({ url, client });
    } finally {
      await client.end();
    }
    await this.sql(this.postgres.url(), `DROP DATABASE ${name} WITH (FORCE)`);
    return result;
  }

  /** Runs a statement on a connection of its own and returns the rows. */
  async sql<Row extends object>(url: string, text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<Row>(text, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  async createTopic(name: string, partitions: number): Promise<void> {
    await this.#admin.ensureTopics([{ name, partitions }]);
  }

  /** Messages that a topic has taken. */
  async countMessages(topic: string): Promise<number> {
    const ranges = await this.#admin.readOffsets(topic);
    return ranges.reduce((sum, { low, high }) => sum + Number(high - low), 0);
  }

  readTopicToEnd(reading: TopicReading): Promise<readonly PartitionRange[]> {
    return this.#admin.readTopicToEnd({ ...reading, signal: this.signal });
  }

  /** A service of this repository as a process. */
  async startService(options: Omit<ServiceOptions, 'run'>): Promise<Subject> {
    const service = await startService({ ...options, run: this.run });
    return this.#supervise(service.process, service.url);
  }

  /** A program of `bench/peers` as a process; resolves when it says that it is ready. */
  async startPeer({ name, file, env, url = '' }: ProgramOptions): Promise<Subject> {
    const child = await superviseProcess({
      name,
      command: process.execPath,
      args: [join(PEERS, file)],
      run: this.run,
      env: { ...readLocalEnvironment().childEnv, ...env },
    });
    await waitUntilReady(child, { isReady: child.watchFor(READY_WORD), deadlineMs: PEER_READY_DEADLINE_MS });
    return this.#supervise(child, url);
  }

  /** Nobody will want the logs: the run's folder goes away with it. */
  succeeded(): void {
    this.#hasSucceeded = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    await Promise.all([...this.#running].map((subject) => subject.stop()));
    await this.#admin.stop();
    await this.#backends.stop();
    if (this.#hasSucceeded || this.#interrupt.aborted) await this.run.remove();
  }

  #supervise(child: SupervisedProcess, url: string): Subject {
    const subject: Subject = {
      pid: child.pid,
      url,
      pause: () => child.pause(),
      resume: () => child.resume(),
      stop: () => {
        this.#running.delete(subject);
        return child.stop();
      },
    };
    this.#running.add(subject);
    void child.exited.then((exit) => this.#running.has(subject) && this.#fail(childExitedError(child, exit)));
    return subject;
  }

  #fail(error: Error): void {
    if (!this.#isClosing) this.#failure.abort(error);
  }
}
