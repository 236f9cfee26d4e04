import { readFile } from 'node:fs/promises';
import { startLoad } from '@orderflow/local/demo/load';
import type { ProgressSample } from '@orderflow/load-generator/progress';
import type { LoadReport } from '@orderflow/load-generator/report';
import type { RunDirectory } from '@orderflow/local/run-directory';

export interface OpenLoadPlan {
  readonly url: string;
  readonly ratePerSecond: number;
  readonly seconds: number;
  /** Before that, rising; sent, but not part of the latencies. */
  readonly warmupSeconds: number;
  /** Where what clients were told is written. */
  readonly receipts: string;
  /** Options of the load generator that say what is sent, by name. Default: the demo's mix. */
  readonly mix?: Readonly<Record<string, string>>;
  /** Default: the generator's own. */
  readonly connections?: number;
}

/** Where the load is sent from. */
export interface OpenLoadContext {
  readonly run: RunDirectory;
  readonly signal: AbortSignal;
  /** Called every second. */
  readonly onSample?: (sample: ProgressSample) => void;
}

/**
 * Sends orders on a fixed schedule, whatever the answers take, and returns the generator's report.
 *
 * @throws {Error} when the generator failed or an answer was wrong.
 */
export async function sendOpenLoad(plan: OpenLoadPlan, context: OpenLoadContext): Promise<LoadReport> {
  const { run, signal, onSample = () => undefined } = context;
  const { url, ratePerSecond, seconds, warmupSeconds, receipts, mix, connections } = plan;
  const report = `${receipts}.report.json`;
  const load = startLoad({
    run,
    gateway: url,
    ratePerSecond,
    seconds,
    warmupSeconds,
    receipts,
    report,
    ...(mix !== undefined && { mix }),
    ...(connections !== undefined && { connections }),
    onSample,
  });
  const stop = (): void => load.stop();
  signal.addEventListener('abort', stop, { once: true });
  const exitCode = await load.exited;
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  if (exitCode !== 0) throw new Error(`the load generator ended with ${String(exitCode)}: see ${load.logFile}`);
  return JSON.parse(await readFile(report, 'utf8')) as LoadReport;
}
