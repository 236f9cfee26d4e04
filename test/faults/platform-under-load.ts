import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { AuditReport } from '@orderflow/auditor/audit';
import type { LoadReport } from '@orderflow/load-generator/report';
import { runAuditor } from '@orderflow/local/demo/audit';
import { startLoad } from '@orderflow/local/demo/load';
import { startPlatform, type Platform, type PlatformOptions } from '@orderflow/local/platform/platform';
import { silentProgress } from '@orderflow/local/progress';
import { openRunDirectory } from '@orderflow/local/run-directory';
import { until } from '@orderflow/local/testing';

const LOCAL_DIRECTORY = resolve(import.meta.dirname, '..', '..', '.local');

/** Every order has a key and is retried when its answer is lost; some are paid, shipped or cancelled. */
const CAREFUL_CLIENTS = { idempotent: '1', payments: '0.3', shipments: '0.2', cancellations: '0.1' };

/** What the auditor found, and its exit code. */
export type Audit = AuditReport & { readonly exitCode: number };

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
  const platform = await startPlatform({ run, cacheDirectory, log: silentProgress, processors: 1, ...options });
  const receipts = join(run.path, 'receipts.jsonl');
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
      return { ...(JSON.parse(await readFile(reports.audit, 'utf8')) as AuditReport), exitCode };
    },
    [Symbol.asyncDispose]: async () => {
      await platform.stop();
      await run.remove();
    },
  };
}
