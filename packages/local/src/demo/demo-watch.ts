import { Client } from 'pg';
import { EVENT_PROCESSOR_GROUP, ORDER_EVENTS_TOPIC } from '@orderflow/contracts/topics';
import { KafkajsAdmin } from '@orderflow/service-kit/kafka/kafkajs-admin';
import type { ProgressSample } from '@orderflow/load-generator/progress';
import type { Buckets } from '@orderflow/service-kit/histogram';
import { silentLogger } from '@orderflow/service-kit/logger';
import { sleep } from '@orderflow/service-kit/sleep';
import { LocalError } from '../local-error.ts';
import type { Platform } from '../platform/platform.ts';
import type { ServiceProcess } from '../platform/service-process.ts';
import type { ProgressLog } from '../progress.ts';
import type { RunDirectory } from '../run-directory.ts';
import type { RunningLoad } from './load.ts';
import { readVerdict } from './standing-audit.ts';
import { bucketsSince, readHistogram } from './histogram.ts';
import { UsageSampler, type UsageSummary, type WatchedProcess } from './usage-sampler.ts';

const DRAIN_DEADLINE_MS = 300_000;
const SAMPLE_EVERY_MS = 1_000;

export interface WatchParts {
  readonly platform: Platform;
  readonly run: RunDirectory;
  readonly log: ProgressLog;
  readonly startedAtMs: number;
  /** What happens in this first part of the load is watched and not measured. */
  readonly warmupMs: number;
  /** Resolves when no fault is under way that somebody has injected. */
  readonly faultsAtRest: () => Promise<void>;
}

/** Where the counters stood when measuring began. */
interface Baseline {
  readonly walBytes: number;
  readonly endToEnd: Buckets;
  readonly accepted: number;
  readonly atMs: number;
}

/** What was measured from the end of the warm-up to the end of the run. */
export interface Measurements {
  readonly usage: readonly UsageSummary[];
  readonly walBytes: number;
  /** From an event's timestamp to the commit of its effect, in seconds. */
  readonly endToEnd: Buckets;
  /** Orders that had been accepted before. */
  readonly warmupOrders: number;
  /** How long was measured. */
  readonly measuredMs: number;
}

/** Watches the platform while it works: usage, lag, progress and deaths. */
export class DemoWatch implements AsyncDisposable {
  readonly #parts: WatchParts;
  readonly #orders: Client;
  readonly #analytics: Client;
  readonly #kafka: KafkajsAdmin;
  readonly #usage = new UsageSampler();
  readonly #watched: WatchedProcess[];
  readonly #stop = new AbortController();
  #sampling: Promise<void> = Promise.resolve();
  #lag = 0n;
  #verdict = '';
  #previous: ProgressSample | undefined;
  #baseline: Promise<Baseline> = Promise.resolve({
    walBytes: 0,
    endToEnd: new Map(),
    accepted: 0,
    atMs: 0,
  });
  #isWarm = false;
  readonly #retired: string[] = [];

  constructor(parts: WatchParts) {
    this.#parts = parts;
    const { platform } = parts;
    const endpoints = platform.endpoints();
    this.#orders = new Client({ connectionString: endpoints.ordersDatabaseUrl });
    this.#analytics = new Client({ connectionString: endpoints.analyticsDatabaseUrl });
    for (const client of [this.#orders, this.#analytics]) client.on('error', () => undefined); // its queries report it
    const connection = { bootstrapServers: [endpoints.kafkaBootstrapServers], clientId: 'demo' };
    this.#kafka = new KafkajsAdmin(connection, { logger: silentLogger() });
    const { postgres, kafka, gateway, orders, auditor, console: page, processors } = platform;
    const services = [gateway, orders, auditor, page, ...processors].filter((service) => service !== undefined);
    this.#watched = [
      { name: 'postgres', pid: postgres.pid, withChildren: true },
      { name: 'kafka', pid: kafka.pid, withChildren: false },
      ...services.map(watchedService),
      { name: 'demo', pid: process.pid, withChildren: false },
    ];
  }

  async start(): Promise<void> {
    await Promise.all([this.#orders.connect(), this.#analytics.connect()]);
    this.#usage.sample(this.#watched);
    this.#baseline = this.#readBaseline(0);
    await this.#baseline;
    this.#sampling = this.#sampleUntilStopped();
  }

  include(process: WatchedProcess): void {
    this.#watched.push(process);
    this.#usage.sample(this.#watched);
  }

  /** Takes note of how the load is doing, and shows the live line. */
  onSample(sample: ProgressSample): void {
    if (!this.#isWarm && sample.elapsedMs >= this.#parts.warmupMs) {
      this.#isWarm = true;
      this.#usage.sample(this.#watched);
      this.#usage.restart();
      this.#baseline = this.#readBaseline(sample.accepted);
      this.#baseline.catch(() => undefined); // finish() waits for it
    }
    this.#show(sample);
  }

  #show(sample: ProgressSample): void {
    const sinceMs = sample.elapsedMs - (this.#previous?.elapsedMs ?? 0);
    const rate = Math.round(((sample.accepted - (this.#previous?.accepted ?? 0)) * 1000) / Math.max(1, sinceMs));
    this.#previous = sample;
    const seconds = String(Math.round(sample.elapsedMs / 1000)).padStart(4);
    this.#parts.log.update(
      `${seconds} s  ${rate} orders/s  accepted ${sample.accepted}  failed ${sample.failed}  ` +
        `lag ${this.#lag}  p99 ${sample.p99Ms.toFixed(1)} ms${this.#verdict}`,
    );
  }

  /** Milliseconds from the user's command to the first event in analytics. */
  async firstEventApplied(load: RunningLoad): Promise<number> {
    let isOver = false;
    void load.exited.finally(() => (isOver = true));
    for (;;) {
      const wasOver = isOver;
      const { rows } = await this.#analytics.query('SELECT FROM processed_events LIMIT 1');
      if (rows.length > 0) return Date.now() - this.#parts.startedAtMs;
      if (wasOver && Date.now() - this.#parts.startedAtMs > DRAIN_DEADLINE_MS) return Number.NaN;
      await sleep(20, this.#stop.signal);
    }
  }

  /** Resolves when the outbox is empty and the group has committed everything. */
  async drained(): Promise<void> {
    const giveUpMs = Date.now() + DRAIN_DEADLINE_MS;
    for (;;) {
      const { rows } = await this.#orders.query<{ unsent: string }>('SELECT count(*) AS unsent FROM event_outbox');
      const unsent = Number(rows[0]?.unsent);
      const lag = await this.#readLag();
      if (unsent === 0 && lag === 0n) return;
      if (Date.now() > giveUpMs) {
        throw new LocalError({
          code: 'CHILD_NOT_READY',
          message: `the platform did not drain: ${unsent} events in the outbox, ${lag} not applied.`,
          fix: `Look at the logs in ${this.#parts.run.logDirectory}.`,
        });
      }
      await sleep(50);
    }
  }

  /** The promise, or the error of the first process that dies meanwhile, unless a fault that was injected starts it again. */
  async orDeath<T>(promise: Promise<T>): Promise<T> {
    const { gateway, orders, auditor, processors } = this.#parts.platform;
    const permanent = [gateway, orders, ...(auditor === undefined ? [] : [auditor])];
    const deaths = [...permanent, ...processors].map(async (service) => {
      const { name } = service;
      const { child, exit } = await this.#finalExit(service);
      if (!permanent.includes(service) && !processors.includes(service)) return promise; // it was to go
      throw new LocalError({
        code: 'CHILD_EXITED',
        message: `${name} ended while the demo ran (${exit.signal ?? `exit code ${exit.code}`}).`,
        fix: `Look at its log, ${child.logFile}; the last lines follow.`,
        details: child.lastLines(),
      });
    });
    return Promise.race([promise, ...deaths]);
  }

  async #finalExit(service: ServiceProcess) {
    for (;;) {
      const child = service.process;
      const exit = await child.exited;
      await this.#parts.faultsAtRest();
      if (service.process === child) return { child, exit };
    }
  }

  /** Keeps the metrics of a processor that is about to go. */
  async retire({ adminUrl }: ServiceProcess): Promise<void> {
    this.#retired.push(await readMetrics(adminUrl));
  }

  async finish(): Promise<Measurements> {
    this.#stop.abort();
    await this.#sampling;
    this.#usage.sample(this.#watched);
    const baseline = await this.#baseline;
    return {
      usage: this.#usage.summarize(),
      walBytes: (await this.#walPosition()) - baseline.walBytes,
      endToEnd: bucketsSince(baseline.endToEnd, await this.#readEndToEnd()),
      warmupOrders: baseline.accepted,
      measuredMs: Date.now() - baseline.atMs,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#sampling;
    await Promise.allSettled([this.#orders.end(), this.#analytics.end(), this.#kafka.stop()]);
  }

  async #sampleUntilStopped(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#usage.sample(this.#watched);
      this.#lag = await this.#readLag().catch(() => this.#lag); // only for show; drained() is the judge
      this.#verdict = await this.#readVerdict();
      await sleep(SAMPLE_EVERY_MS, this.#stop.signal);
    }
  }

  async #readVerdict(): Promise<string> {
    const { auditor } = this.#parts.platform.endpoints();
    const verdict = auditor === undefined ? undefined : await readVerdict(auditor);
    return verdict === undefined ? '' : `  audit ${verdict.verdict}`;
  }

  async #readLag(): Promise<bigint> {
    const partitions = await this.#kafka.groupLag(EVENT_PROCESSOR_GROUP, ORDER_EVENTS_TOPIC);
    return partitions.reduce((sum, { lagMessages }) => sum + lagMessages, 0n);
  }

  async #readBaseline(accepted: number): Promise<Baseline> {
    const [walBytes, endToEnd] = await Promise.all([this.#walPosition(), this.#readEndToEnd()]);
    return { walBytes, endToEnd, accepted, atMs: Date.now() };
  }

  async #readEndToEnd(): Promise<Buckets> {
    const { processors } = this.#parts.platform;
    const expositions = await Promise.all(processors.map(({ adminUrl }) => readMetrics(adminUrl)));
    return readHistogram([...expositions, ...this.#retired], 'event_end_to_end_seconds');
  }

  async #walPosition(): Promise<number> {
    const { rows } = await this.#orders.query<{ bytes: string }>(
      "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') AS bytes",
    );
    return Number(rows[0]?.bytes);
  }
}

/** Its process may become another one. */
function watchedService(service: ServiceProcess): WatchedProcess {
  return {
    name: service.name,
    get pid() {
      return service.pid;
    },
    withChildren: false,
  };
}

async function readMetrics(adminUrl: string): Promise<string> {
  return (await fetch(`${adminUrl}/metrics`)).text();
}
