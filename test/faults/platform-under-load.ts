import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { AuditReport } from '@orderflow/auditor/audit';
import type { LoadReport } from '@orderflow/load-generator/report';
import type { Verdict } from '@orderflow/auditor/service/verdict';
import { runAuditor } from '@orderflow/local/demo/audit';
import { startLoad } from '@orderflow/local/demo/load';
import { awaitVerdict } from '@orderflow/local/demo/standing-audit';
import { startPlatform, type Platform, type PlatformOptions } from '@orderflow/local/platform/platform';
import { silentProgress } from '@orderflow/local/progress';
import { openRunDirectory } from '@orderflow/local/run-directory';
import { until } from '@orderflow/local/testing';

const LOCAL_DIRECTORY = resolve(import.meta.dirname, '..', '..', '.local');

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

/** A platform of its own with its own PostgreSQL and Kafka, which a test may break. */
export interface PlatformUnderLoad extends AsyncDisposable {
  readonly platform: Platform;
  /** Sends orders, runs `meddle` meanwhile, and returns how clients fared. */
  sendWhile(load: { ratePerSecond: number; seconds: number }, meddle: () => Promise<void>): Promise<LoadReport>;
  /** Waits until everything is drained, and judges. */
  audit(): Promise<Audit>;
}

export async function startPlatformUnderLoad(
  options: Partial<Pick<PlatformOptions, 'processors' | 'env'>> = {},
): Promise<PlatformUnderLoad> {
  const run = await openRunDirectory({ localDirectory: LOCAL_DIRECTORY, name: 'faults' });
  const cacheDirectory = join(LOCAL_DIRECTORY, 'cache');
  const receipts = join(run.path, 'receipts.jsonl');
  const platform = await startPlatform({
    run,
    cacheDirectory,
    log: silentProgress,
    processors: 1,
    auditor: { receipts },
    ...options,
  });
  const { auditor: auditorUrl = '' } = platform.endpoints();
  const reports = { load: join(run.path, 'load.json'), audit: join(run.path, 'audit.json') };

  return {
    platform,
    sendWhile: async ({ ratePerSecond, seconds }, meddle) => {
      let accepted = 0;
      const load = startLoad({
        run,
        receipts,
        ratePerSecond,
        seconds,
        report: reports.load,
        gateway: platform.gateway.url,
        mix: CAREFUL_CLIENTS,
        onSample: (sample) => {
          accepted = sample.accepted;
        },
      });
      await until(() => accepted > 0, { timeoutMs: 30_000, what: 'the first order' });
      await meddle();
      await load.exited;
      return JSON.parse(await readFile(reports.load, 'utf8')) as LoadReport;
    },
    audit: async () => {
      const exitCode = await runAuditor({
        endpoints: platform.endpoints(),
        receipts,
        report: reports.audit,
        stdio: 'ignore',
      });
      const standing = await awaitVerdict(auditorUrl, Date.now());
      return {
        ...(JSON.parse(await readFile(reports.audit, 'utf8')) as AuditReport),
        exitCode,
        standing,
        alarms: await countAlarms(platform),
      };
    },
    [Symbol.asyncDispose]: async () => {
      await platform.stop();
      await run.remove();
    },
  };
}

async function countAlarms({ auditor }: Platform): Promise<number> {
  const response = await fetch(`${auditor?.adminUrl ?? ''}/metrics`);
  const counts = [...(await response.text()).matchAll(/^orders_(?:lost|duplicated)_total (\d+)$/gm)];
  if (counts.length !== 2) throw new Error('the auditor does not count losses and doubles');
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}
