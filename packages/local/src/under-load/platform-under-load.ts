import { cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditReport } from '@orderflow/auditor/audit';
import type { Verdict } from '@orderflow/auditor/service/verdict';
import type { LoadReport } from '@orderflow/load-generator/report';
import { runAuditor } from '../demo/audit.ts';
import { startLoad } from '../demo/load.ts';
import { awaitVerdict } from '../demo/standing-audit.ts';
import { startPlatform, type Platform, type PlatformOptions } from '../platform/platform.ts';
import { silentProgress } from '../progress.ts';
import { openRunDirectory, type RunDirectory } from '../run-directory.ts';
import { until } from '../until.ts';

/** Every order has a key and is retried when its answer is lost; some are paid, shipped or cancelled. */
const CAREFUL_CLIENTS = { idempotent: '1', payments: '0.3', shipments: '0.2', cancellations: '0.1' };

/** What the auditor found, and its exit code. */
export type Audit = AuditReport & {
  readonly exitCode: number;
  /** What the auditor says that watched all the time. */
  readonly standing: Verdict;
  /** Losses and doubles that it has ever reported, also those that it took back. */
  readonly alarms: number;
};

export interface UnderLoadOptions extends Partial<Pick<PlatformOptions, 'processors' | 'env' | 'stores' | 'through'>> {
  /** The folder for everything local, `.local` of the repository. */
  readonly localDirectory: string;
  /** Of the run's folder. Default: `faults`. */
  readonly name?: string;
  /** Ends what is being started. */
  readonly signal?: AbortSignal;
}

export interface LoadWish {
  readonly ratePerSecond: number;
  readonly seconds: number;
  /** Where clients send their orders. Default: the gateway itself. */
  readonly url?: string;
  /** Options of the generator that say what is sent, by name. Default: careful clients. */
  readonly mix?: Readonly<Record<string, string>>;
}

/** Orders on their way. */
export interface OrdersUnderWay {
  /** Orders that were accepted so far. */
  accepted(): number;
  /** Ends the load, waits for the last answers, and returns how clients fared. */
  finish(): Promise<LoadReport>;
  /** The same when the time of the load is over. */
  ended(): Promise<LoadReport>;
}

/** A platform of its own with its own PostgreSQL and Kafka, which may be broken. */
export interface PlatformUnderLoad extends AsyncDisposable {
  readonly platform: Platform;
  /** The journal of what clients were told. */
  readonly receipts: string;
  /** Resolves when the first order is accepted. */
  send(load: LoadWish): Promise<OrdersUnderWay>;
  /** Sends orders, runs `meddle` meanwhile, and returns how clients fared. */
  sendWhile(load: LoadWish, meddle: () => Promise<void>): Promise<LoadReport>;
  /** Waits until everything is drained, and judges. */
  audit(): Promise<Audit>;
  /** The first half of that: all sources, joined once. */
  auditOnce(): Promise<AuditReport & Pick<Audit, 'exitCode'>>;
  /**
   * The other half: what the auditor says that watched all the time.
   *
   * @throws {Error} when it comes to no verdict within a minute.
   */
  askStandingAuditor(): Promise<Pick<Audit, 'standing' | 'alarms'>>;
  /** Copies the logs of all processes, which go away with the platform. */
  keepLogs(directory: string): Promise<void>;
}

/** Starts it and has an auditor watch it. */
export async function startPlatformUnderLoad(options: UnderLoadOptions): Promise<PlatformUnderLoad> {
  const { localDirectory, name = 'faults', signal, processors = 1, ...others } = options;
  const run = await openRunDirectory({ localDirectory, name, ...(signal === undefined ? {} : { signal }) });
  const receipts = join(run.path, 'receipts.jsonl');
  try {
    const cacheDirectory = join(localDirectory, 'cache');
    const auditor = { receipts };
    const platform = await startPlatform({ run, cacheDirectory, log: silentProgress, processors, auditor, ...others });
    return new RunningPlatform(run, platform, receipts);
  } catch (error: unknown) {
    await run.remove();
    throw error;
  }
}

class RunningPlatform implements PlatformUnderLoad {
  readonly platform: Platform;
  readonly receipts: string;
  readonly #run: RunDirectory;

  constructor(run: RunDirectory, platform: Platform, receipts: string) {
    this.#run = run;
    this.platform = platform;
    this.receipts = receipts;
  }

  async send({ ratePerSecond, seconds, url, mix = CAREFUL_CLIENTS }: LoadWish): Promise<OrdersUnderWay> {
    let accepted = 0;
    const report = join(this.#run.path, 'load.json');
    const load = startLoad({
      run: this.#run,
      receipts: this.receipts,
      ratePerSecond,
      seconds,
      report,
      gateway: url ?? this.platform.gateway.url,
      mix,
      onSample: (sample) => {
        accepted = sample.accepted;
      },
    });
    await until(() => accepted > 0, { timeoutMs: 30_000, what: 'the first order' });
    const ended = async (): Promise<LoadReport> => {
      await load.exited;
      return JSON.parse(await readFile(report, 'utf8')) as LoadReport;
    };
    const finish = async (): Promise<LoadReport> => {
      load.finish();
      return ended();
    };
    return { accepted: () => accepted, finish, ended };
  }

  async sendWhile(load: LoadWish, meddle: () => Promise<void>): Promise<LoadReport> {
    const orders = await this.send(load);
    await meddle();
    return orders.ended();
  }

  async audit(): Promise<Audit> {
    return { ...(await this.auditOnce()), ...(await this.askStandingAuditor()) };
  }

  async auditOnce(): Promise<AuditReport & Pick<Audit, 'exitCode'>> {
    const report = join(this.#run.path, 'audit.json');
    const endpoints = this.platform.endpoints();
    const exitCode = await runAuditor({ endpoints, receipts: this.receipts, report, stdio: 'ignore' });
    return { ...(JSON.parse(await readFile(report, 'utf8')) as AuditReport), exitCode };
  }

  async askStandingAuditor(): Promise<Pick<Audit, 'standing' | 'alarms'>> {
    const standing = await awaitVerdict(this.platform.endpoints().auditor ?? '', Date.now());
    return { standing, alarms: await countAlarms(this.platform) };
  }

  async keepLogs(directory: string): Promise<void> {
    await rm(directory, { recursive: true, force: true });
    await cp(this.#run.logDirectory, directory, { recursive: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.platform.stop();
    await this.#run.remove();
  }
}

async function countAlarms({ auditor }: Platform): Promise<number> {
  const response = await fetch(`${auditor?.adminUrl ?? ''}/metrics`);
  const counts = [...(await response.text()).matchAll(/^orders_(?:lost|duplicated)_total (\d+)$/gm)];
  if (counts.length !== 2) throw new Error('the auditor does not count losses and doubles');
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}
