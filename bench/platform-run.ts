import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditReport } from '@orderflow/auditor/audit';
import { EVENT_PROCESSOR_GROUP, ORDER_EVENTS_TOPIC } from '@orderflow/contracts/topics';
import { runAuditor } from '@orderflow/local/demo/audit';
import { ConsoleBulletin } from '@orderflow/local/demo/console-bulletin';
import { readHistogram } from '@orderflow/local/demo/histogram';
import { startPlatform, type Platform } from '@orderflow/local/platform/platform';
import type { ProgressLog } from '@orderflow/local/progress';
import { openRunDirectory, type RunDirectory } from '@orderflow/local/run-directory';
import type { ProgressSample } from '@orderflow/load-generator/progress';
import type { LoadReport } from '@orderflow/load-generator/report';
import type { Buckets } from '@orderflow/service-kit/histogram';
import { KafkajsAdmin } from '@orderflow/service-kit/kafka/kafkajs-admin';
import { silentLogger } from '@orderflow/service-kit/logger';
import { Client } from 'pg';
import { sendOpenLoad, type OpenLoadPlan } from './open-load.ts';
import { patienceMs, waitUntil } from './wait.ts';

export interface PlatformRunOptions {
  /** `.local` of the repository. */
  readonly localDirectory: string;
  readonly log: ProgressLog;
  /** Aborts on Ctrl-C. */
  readonly interrupt: AbortSignal;
  /** Whether the console runs as well. Default: no. */
  readonly hasConsole?: boolean;
}

/** What the auditor says of everything that was sent. */
export type AuditSummary = Pick<AuditReport, 'verdict' | 'accepted' | 'lost' | 'duplicated' | 'revenueDriftCents'>;

/** The whole platform, as in the demo, under loads that follow each other and are audited together. */
export class PlatformRun implements AsyncDisposable {
  readonly platform: Platform;
  readonly run: RunDirectory;
  readonly log: ProgressLog;
  readonly signal: AbortSignal;
  readonly orders: Client;
  readonly #kafka: KafkajsAdmin;
  readonly #journal: string;
  #loads = 0;
  #isProved = false;

  private constructor({ log, interrupt }: PlatformRunOptions, run: RunDirectory, platform: Platform) {
    const { ordersDatabaseUrl, kafkaBootstrapServers } = platform.endpoints();
    this.platform = platform;
    this.run = run;
    this.log = log;
    this.signal = interrupt;
    this.orders = new Client({ connectionString: ordersDatabaseUrl });
    this.orders.on('error', () => undefined); // its queries report it
    const connection = { bootstrapServers: [kafkaBootstrapServers], clientId: 'bench' };
    this.#kafka = new KafkajsAdmin(connection, { logger: silentLogger() });
    this.#journal = join(run.path, 'journal.jsonl');
  }

  /** @throws {LocalError} with what is missing or did not start. */
  static async open(options: PlatformRunOptions): Promise<PlatformRun> {
    const { localDirectory, log, interrupt: signal } = options;
    const run = await openRunDirectory({ localDirectory, name: 'bench', log, signal });
    const platformFile = join(run.path, 'platform.json');
    const platform = await startPlatform({
      run,
      cacheDirectory: join(localDirectory, 'cache'),
      log,
      processors: 1,
      ...(options.hasConsole === true && { console: { platformFile } }),
    });
    if (options.hasConsole === true) await new ConsoleBulletin(platformFile, log).follow(platform);
    const opened = new PlatformRun(options, run, platform);
    await opened.orders.connect();
    return opened;
  }

  /** Sends a load to the gateway, and keeps its receipts for the audit. Several may run at a time, but for the first. */
  async send(
    plan: Omit<OpenLoadPlan, 'url' | 'receipts'>,
    onSample?: (sample: ProgressSample) => void,
  ): Promise<LoadReport> {
    const isFirst = this.#loads === 0;
    this.#loads += 1;
    const receipts = join(this.run.path, `receipts-${this.#loads}.jsonl`);
    const context = { run: this.run, signal: this.signal, ...(onSample !== undefined && { onSample }) };
    const report = await sendOpenLoad({ ...plan, url: this.platform.gateway.url, receipts }, context);
    const lines = (await readFile(receipts, 'utf8')).split('\n');
    // A journal begins once; that several loads are in it is nothing to the auditor.
    const isKept = (line: string): boolean => isFirst || !line.startsWith('{"type":"start"');
    await appendFile(this.#journal, lines.filter(isKept).join('\n'));
    return report;
  }

  /** Events that are stored and not yet applied: in the outbox, or in Kafka before the group's offsets. */
  async countBacklog(): Promise<number> {
    const [{ rows }, partitions] = await Promise.all([
      this.orders.query<{ unsent: number }>('SELECT count(*)::int AS unsent FROM event_outbox'),
      this.#kafka.groupLag(EVENT_PROCESSOR_GROUP, ORDER_EVENTS_TOPIC),
    ]);
    return partitions.reduce((sum, { lagMessages }) => sum + Number(lagMessages), rows[0]?.unsent ?? 0);
  }

  async drained(): Promise<void> {
    await waitUntil(async () => (await this.countBacklog()) === 0, {
      what: 'an empty outbox and no lag',
      signal: this.signal,
      timeoutMs: patienceMs(10_000),
      everyMs: 200,
    });
  }

  /** From an event's timestamp to the commit of its effect, in seconds, since the start of the processors. */
  async readFreshness(): Promise<Buckets> {
    const read = async (adminUrl: string): Promise<string> => (await fetch(`${adminUrl}/metrics`)).text();
    const expositions = await Promise.all(this.platform.processors.map(({ adminUrl }) => read(adminUrl)));
    return readHistogram(expositions, 'event_end_to_end_seconds');
  }

  /** Has the auditor judge everything that was sent. @throws {Error} unless everything is proved. */
  async audit(): Promise<AuditSummary> {
    await this.drained();
    this.log.step('auditor: joining receipts, orders, topic and analytics');
    const report = join(this.run.path, 'audit-report.json');
    const endpoints = this.platform.endpoints();
    const exitCode = await runAuditor({ endpoints, receipts: this.#journal, report, stdio: 'ignore' });
    const { verdict, accepted, lost, duplicated, revenueDriftCents } = JSON.parse(
      await readFile(report, 'utf8'),
    ) as AuditReport;
    const summary = { verdict, accepted, lost, duplicated, revenueDriftCents };
    if (exitCode !== 0) throw new Error(`the auditor does not prove it: ${JSON.stringify(summary)}`);
    this.#isProved = true;
    return summary;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([this.orders.end(), this.#kafka.stop()]);
    await this.platform.stop();
    if (this.#isProved || this.signal.aborted) await this.run.remove();
  }
}
