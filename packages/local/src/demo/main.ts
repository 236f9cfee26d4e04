import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConfigError } from '@orderflow/service-kit/config';
import { describeError } from '../local-error.ts';
import { startPlatform } from '../platform/platform.ts';
import { createProgressLog } from '../progress.ts';
import { openRunDirectory } from '../run-directory.ts';
import { readDemoConfig, type DemoConfig } from './config.ts';
import { runDemo } from './demo.ts';
import { buildDemoReport, renderDemoReport } from './report.ts';

const REPOSITORY = resolve(import.meta.dirname, '..', '..', '..', '..');
const localDirectory = join(REPOSITORY, '.local');
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupt.abort());

process.exitCode = await main();

/** Returns the exit code: 0 proved, 1 broken or failed, 2 bad configuration, 130 interrupted. */
async function main(): Promise<number> {
  try {
    return await demo(readDemoConfig(process.env));
  } catch (error: unknown) {
    if (interrupt.signal.aborted) return 130;
    process.stderr.write(`${error instanceof ConfigError ? error.message : `demo: ${describeError(error)}`}\n`);
    return error instanceof ConfigError ? 2 : 1;
  }
}

async function demo(config: DemoConfig): Promise<number> {
  const startedAtMs = config.DEMO_STARTED_AT_MS ?? Date.now() - performance.now();
  const log = createProgressLog({ stream: process.stderr });
  await mkdir(localDirectory, { recursive: true });
  const run = await openRunDirectory({ localDirectory, name: 'demo', log });
  const cacheDirectory = join(localDirectory, 'cache');
  const platform = await startPlatform({
    run,
    cacheDirectory,
    log,
    processors: config.DEMO_PROCESSORS,
    env: { processor: { PROCESSING_DELAY_MS: String(config.DEMO_PROCESSING_DELAY_MS) } },
  });
  let isProved = false;
  try {
    const { gateway } = platform.endpoints();
    log.step(
      `  orders     ${gateway}/orders\n  analytics  ${gateway}/analytics/sales\n  API        ${gateway}/openapi.json`,
    );
    const signal = interrupt.signal;
    const facts = await runDemo({ config, platform, run, localDirectory, log, startedAtMs, signal });
    const report = buildDemoReport(facts);
    await writeFile(join(localDirectory, 'demo-report.json'), `${JSON.stringify(report, undefined, 2)}\n`);
    process.stdout.write(`\n${renderDemoReport(report)}\n\n`);
    process.stdout.write(
      `verdict: ${report.verdict} - accepted ${report.accepted}, lost ${report.lost}, duplicated ${report.duplicated}, ` +
        `revenue drift ${report.revenueDriftCents} cents (report: .local/demo-report.json)\n`,
    );
    if (config.KEEP && !signal.aborted) await keepRunning(signal);
    isProved = report.verdict === 'proved';
    return signal.aborted && !config.KEEP ? 130 : Number(!isProved);
  } finally {
    log.step('demo: stopping everything');
    await platform.stop();
    await rm(join(localDirectory, 'endpoints.json'), { force: true });
    // What went wrong is in the logs: they stay until the next start.
    if (isProved) await run.remove();
  }
}

async function keepRunning(signal: AbortSignal): Promise<void> {
  process.stdout.write('KEEP=1: everything is left running, see .local/endpoints.json; Ctrl-C stops it\n');
  const stopped = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => stopped.resolve(), { once: true });
  // Pending promises hold no process open.
  const alive = setInterval(() => undefined, 60_000);
  await stopped.promise;
  clearInterval(alive);
}
