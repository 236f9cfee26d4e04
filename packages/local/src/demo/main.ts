import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConfigError } from '@orderflow/service-kit/config';
import { readLocalEnvironment } from '../environment.ts';
import { describeError } from '../local-error.ts';
import { startObservation, type Observation } from '../observe/observation.ts';
import { startPlatform, type Platform } from '../platform/platform.ts';
import { createProgressLog, type ProgressLog } from '../progress.ts';
import { requirePrometheus } from '../requirements.ts';
import { openRunDirectory, type RunDirectory } from '../run-directory.ts';
import { readDemoConfig, type DemoConfig } from './config.ts';
import { ConsoleBulletin } from './console-bulletin.ts';
import { startFaultDesk } from './faults/start-fault-desk.ts';
import { runDemo, type DemoParts } from './demo.ts';
import { buildDemoReport, renderDemoReport, type DemoReport, type RunFacts } from './report.ts';

const REPOSITORY = resolve(import.meta.dirname, '..', '..', '..', '..');
const localDirectory = join(REPOSITORY, '.local');
/** In the run's directory: what the console is told of processes and decisions. */
const PLATFORM_FILE = 'platform.json';
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
  await using observation = config.OBSERVE ? await observe(run, log) : undefined;
  const platform = await startDemoPlatform(config, { run, log, observation });
  let isProved = false;
  const bulletin = new ConsoleBulletin(join(run.path, PLATFORM_FILE), log);
  const stack = new AsyncDisposableStack();
  try {
    const receipts = join(localDirectory, 'receipts.jsonl');
    const faults = await startFaultDesk({ platform, run, receipts, bulletin }, stack);
    interrupt.signal.addEventListener('abort', () => void faults.stop(), { once: true });
    await Promise.all([observation?.follow(platform), bulletin.follow(platform)]);
    log.step(describeEndpoints(platform, observation));
    const signal = interrupt.signal;
    const parts = { config, platform, run, localDirectory, log, observation, bulletin, faults, startedAtMs, signal };
    const facts = await runDemo(parts);
    isProved = (await report(facts)) === 'proved';
    if (config.KEEP && !signal.aborted) {
      faults.open();
      await keepRunning(signal);
    }
    return signal.aborted && !config.KEEP ? 130 : Number(!isProved);
  } finally {
    log.step('demo: stopping everything');
    await stack.disposeAsync();
    await platform.stop();
    if (observation !== undefined) await endObservation(observation, log);
    await rm(join(localDirectory, 'endpoints.json'), { force: true });
    // What went wrong is in the logs: they stay until the next start.
    if (isProved) await run.remove();
  }
}

async function observe(run: RunDirectory, log: ProgressLog): Promise<Observation> {
  const prometheus = requirePrometheus(readLocalEnvironment(), join(REPOSITORY, 'bin'));
  const observation = await startObservation({ run, prometheus, spansFile: join(localDirectory, 'spans.jsonl') });
  log.step(`prometheus: ${prometheus} listens on ${observation.endpoints.prometheus}`);
  return observation;
}

/** Comes after the end of the services, which send their last spans then. */
async function endObservation(observation: Observation, log: ProgressLog): Promise<void> {
  await observation[Symbol.asyncDispose]();
  const { kept, dropped } = observation.spans;
  log.step(`spans: ${kept} kept in .local/spans.jsonl${dropped === 0 ? '' : `, ${dropped} more did not fit`}`);
}

async function startDemoPlatform(
  config: DemoConfig,
  { run, log, observation }: Pick<DemoParts, 'run' | 'log' | 'observation'>,
): Promise<Platform> {
  const telemetry = observation?.env ?? {};
  const processor = { ...telemetry, PROCESSING_DELAY_MS: String(config.DEMO_PROCESSING_DELAY_MS) };
  // The auditor would take the receipts of an earlier run for those of this one.
  const receipts = join(localDirectory, 'receipts.jsonl');
  await rm(receipts, { force: true });
  return startPlatform({
    run,
    cacheDirectory: join(localDirectory, 'cache'),
    log,
    processors: config.DEMO_PROCESSORS,
    auditor: { receipts },
    console: { platformFile: join(run.path, PLATFORM_FILE) },
    env: { gateway: telemetry, orders: telemetry, processor },
  });
}

function describeEndpoints(platform: Platform, observation: Observation | undefined): string {
  const { gateway, auditor, console: page } = platform.endpoints();
  const lines = [
    `  console    ${page ?? 'none'}`,
    `  orders     ${gateway}/orders`,
    `  analytics  ${gateway}/analytics/sales`,
    `  API        ${gateway}/openapi.json`,
  ];
  if (auditor !== undefined) lines.push(`  auditor    ${auditor}/verdict`);
  if (observation !== undefined) {
    lines.push(`  metrics    ${observation.endpoints.prometheus}`, '  spans      .local/spans.jsonl');
  }
  return lines.join('\n');
}

/** Writes the report and tells it. */
async function report(facts: RunFacts): Promise<DemoReport['verdict']> {
  const result = buildDemoReport(facts);
  await writeFile(join(localDirectory, 'demo-report.json'), `${JSON.stringify(result, undefined, 2)}\n`);
  process.stdout.write(`\n${renderDemoReport(result)}\n\n`);
  process.stdout.write(
    `verdict: ${result.verdict} - accepted ${result.accepted}, lost ${result.lost}, duplicated ${result.duplicated}, ` +
      `revenue drift ${result.revenueDriftCents} cents; standing auditor: ${result.auditor?.verdict ?? 'absent'} (report: .local/demo-report.json)\n`,
  );
  return result.verdict;
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
