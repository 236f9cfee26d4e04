import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditReport } from '@orderflow/auditor/audit';
import type { LoadReport } from '@orderflow/load-generator/report';
import type { Decision } from '@orderflow/operator/scaling/decision';
import { quantileOf, type Buckets } from '@orderflow/service-kit/histogram';
import { LocalError } from '../local-error.ts';
import type { Observation } from '../observe/observation.ts';
import type { Platform } from '../platform/platform.ts';
import type { ProgressLog } from '../progress.ts';
import type { RunDirectory } from '../run-directory.ts';
import { runAuditor } from './audit.ts';
import type { DemoConfig } from './config.ts';
import type { ConsoleBulletin } from './console-bulletin.ts';
import type { FaultDesk } from './faults/fault-desk.ts';
import { awaitVerdict } from './standing-audit.ts';
import { DemoWatch } from './demo-watch.ts';
import { startLoad, type RunningLoad } from './load.ts';
import { ProcessorPool } from './processor-pool.ts';
import type { RunFacts } from './report.ts';
import { DemoScaling } from './scaling.ts';

export interface DemoParts {
  readonly config: DemoConfig;
  readonly platform: Platform;
  readonly run: RunDirectory;
  /** `.local` of the repository. */
  readonly localDirectory: string;
  readonly log: ProgressLog;
  readonly observation: Observation | undefined;
  /** What the console is told of processes and decisions. */
  readonly bulletin: ConsoleBulletin;
  /** Takes faults while the load runs. */
  readonly faults: FaultDesk;
  readonly startedAtMs: number;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
}

/**
 * Sends the load, waits until every event is applied, has the auditor judge, and returns the facts.
 *
 * @throws {LocalError} when a process died, the load could not be sent or the platform did not drain.
 */
export async function runDemo(parts: DemoParts): Promise<RunFacts> {
  const files = {
    receipts: join(parts.localDirectory, 'receipts.jsonl'),
    load: join(parts.run.path, 'load-report.json'),
    audit: join(parts.localDirectory, 'audit-report.json'),
  };
  await Promise.all(Object.values(files).map((file) => rm(file, { force: true })));
  const endpoints = parts.platform.endpoints();
  await writeFile(
    join(parts.localDirectory, 'endpoints.json'),
    `${JSON.stringify({ ...endpoints, ...parts.observation?.endpoints, receipts: files.receipts }, undefined, 2)}\n`,
  );
  const { faults } = parts;
  const warmupMs = parts.config.DEMO_WARMUP_SECONDS * 1_000;
  await using watch = new DemoWatch({ ...parts, warmupMs, faultsAtRest: () => faults.rest() });
  await watch.start();
  await using scaling = startDemoScaling(parts, watch);
  const { timeToFirstOrderMs, drainSeconds, drainedAtMs } = await sendAndDrain(parts, files, watch);
  const { endToEnd, ...measured } = await watch.finish();
  await scaling.untilRest(parts.signal);
  const scaled = await scaling.stop();
  const endToEndMs = { p50: quantileMs(endToEnd, 0.5), p99: quantileMs(endToEnd, 0.99) };
  parts.log.step('auditor: joining receipts, orders, topic and analytics');
  const [auditExitCode, standing] = await Promise.all([
    runAuditor({ endpoints, receipts: files.receipts, report: files.audit, stdio: 'inherit' }),
    endpoints.auditor === undefined ? undefined : awaitVerdict(endpoints.auditor, drainedAtMs),
  ]);
  const load = await readJson<LoadReport>(files.load);
  const audit = await readJson<AuditReport>(files.audit);
  const { DEMO_RATE: ratePerSecond, DEMO_SECONDS: seconds } = parts.config;
  const durations = { timeToFirstOrderMs, drainSeconds, endToEndMs };
  return { ratePerSecond, seconds, load, audit, auditExitCode, standing, ...measured, ...scaled, ...durations };
}

function startDemoScaling({ config, platform, log, observation, bulletin }: DemoParts, watch: DemoWatch): DemoScaling {
  const pool = new ProcessorPool({
    platform,
    onAdded: ({ name, pid }) => watch.include({ name, pid, withChildren: false }),
    onChanged: async () => {
      await Promise.all([observation?.follow(platform), bulletin.follow(platform)]);
    },
    onRemoving: (processor) => watch.retire(processor),
  });
  const { kafkaBootstrapServers } = platform.endpoints();
  const onDecision = (decision: Decision, text: string): void => bulletin.decided(decision, text);
  const metrics = observation?.scalerMetrics;
  return new DemoScaling({ config, kafkaBootstrapServers, pool, log, metrics, onDecision });
}

async function sendAndDrain(
  parts: DemoParts,
  files: { readonly receipts: string; readonly load: string },
  watch: DemoWatch,
): Promise<{ timeToFirstOrderMs: number; drainSeconds: number; drainedAtMs: number }> {
  const { config, platform, run, log } = parts;
  const { DEMO_RATE: ratePerSecond, DEMO_SECONDS: seconds, DEMO_WARMUP_SECONDS: warmupSeconds } = config;
  const warmup = warmupSeconds === 0 ? '' : `${warmupSeconds} s of warm-up, then `;
  log.step(`load: ${warmup}${ratePerSecond} orders/s for ${seconds} s against ${platform.gateway.url}`);
  const load = startLoad({
    run,
    receipts: files.receipts,
    report: files.load,
    gateway: platform.gateway.url,
    ratePerSecond,
    seconds,
    warmupSeconds,
    onSample: (sample) => watch.onSample(sample),
  });
  watch.include({ name: 'load-generator', pid: load.pid, withChildren: false });
  const { processors } = platform;
  parts.faults.open(async (service) => (processors.includes(service) ? watch.retire(service) : undefined));
  const stopLoad = (): void => load.stop();
  parts.signal.addEventListener('abort', stopLoad, { once: true });
  const firstOrder = watch.firstEventApplied(load);
  const exitCode = await watch.orDeath(load.exited);
  parts.signal.removeEventListener('abort', stopLoad);
  if (exitCode !== 0 && exitCode !== 1) throw loadFailed(load, exitCode);
  await watch.orDeath(parts.faults.close());
  const timeToFirstOrderMs = await firstOrder;
  const endedAtMs = Date.now();
  log.step('load: sent; waiting until every event is applied');
  await watch.orDeath(watch.drained());
  const drainedAtMs = Date.now();
  return { timeToFirstOrderMs, drainSeconds: (drainedAtMs - endedAtMs) / 1000, drainedAtMs };
}

function loadFailed(load: RunningLoad, exitCode: number | null): LocalError {
  return new LocalError({
    code: 'CHILD_EXITED',
    message: `the load generator ended with exit code ${String(exitCode)}.`,
    fix: `Look at its log, ${load.logFile}.`,
  });
}

function quantileMs(buckets: Buckets, quantile: number): number | undefined {
  const seconds = quantileOf(buckets, quantile);
  return seconds === undefined ? undefined : seconds * 1000;
}

async function readJson<T>(file: string): Promise<T> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T;
  } catch (cause: unknown) {
    throw new LocalError({
      code: 'COMMAND_FAILED',
      message: `${file} was not written.`,
      fix: 'See what the load generator or the auditor said above.',
      cause,
    });
  }
}
