import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '@orderflow/local/local-error';
import { createProgressLog, type ProgressLog } from '@orderflow/local/progress';
import { benchCapacity } from './capacity.ts';
import { benchConsole } from './console.ts';
import { verifyDurability } from './durability.ts';
import { benchGateway } from './gateway.ts';
import { benchGrowth } from './growth.ts';
import { watchMachine } from './machine.ts';
import {
  COMPARED,
  parseOptions,
  UsageError,
  type BenchName,
  type BenchOptions,
  type BenchSize,
  type ComparedBench,
} from './options.ts';
import { benchOperatorSoak } from './operator-soak.ts';
import { renderOperatorSoak } from './operator-soak-text.ts';
import { benchOrders } from './orders.ts';
import { renderPlatformReport, type PlatformReport } from './platform-text.ts';
import { PlatformRun } from './platform-run.ts';
import { benchOverload } from './overload.ts';
import { benchSoak } from './soak.ts';
import { writePage } from './page.ts';
import { installPeerPackages } from './peer-packages.ts';
import { benchProcessor } from './processor.ts';
import { benchPublisher } from './publisher.ts';
import { buildReport, type Circumstances, type Findings } from './report.ts';
import { renderReport } from './report-text.ts';
import { benchScaling } from './scaling.ts';
import { renderScaling } from './scaling-table.ts';
import { Stage } from './stage.ts';
import { benchTelemetry } from './telemetry.ts';

const COMPARISONS: Readonly<Record<ComparedBench, (stage: Stage, size: BenchSize) => Promise<Findings>>> = {
  orders: benchOrders,
  gateway: benchGateway,
  publisher: benchPublisher,
  processor: benchProcessor,
  growth: benchGrowth,
  telemetry: benchTelemetry,
};

/** Those that look at the platform as a whole. The circumstances are asked for at the end. */
const PLATFORM = {
  capacity: async (on, size, circumstances) =>
    ({ kind: 'capacity', bench: 'capacity', ...(await benchCapacity(on, size)), ...circumstances() }) as const,
  console: async (on, size, circumstances) =>
    ({ kind: 'console', bench: 'console', ...(await benchConsole(on, size)), ...circumstances() }) as const,
  overload: async (on, size, circumstances) =>
    ({ kind: 'overload', bench: 'overload', ...(await benchOverload(on, size)), ...circumstances() }) as const,
  soak: async (on, size, circumstances) =>
    ({ kind: 'soak', bench: 'soak', ...(await benchSoak(on, size)), ...circumstances() }) as const,
} as const satisfies Record<
  string,
  (on: PlatformRun, size: BenchSize, circumstances: () => Circumstances) => Promise<PlatformReport>
>;

/** What `all` runs. */
const ALL: readonly BenchName[] = [...COMPARED, 'capacity', 'overload'];

const repository = join(import.meta.dirname, '..');
const localDirectory = join(repository, '.local');
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupt.abort());

process.exitCode = await main(process.argv.slice(2));

/** Returns the exit code: 0 every bar met, 1 one missed or no result, 2 bad usage, 130 interrupted. */
async function main(argv: readonly string[]): Promise<number> {
  try {
    const log = createProgressLog({ stream: process.stderr });
    await mkdir(localDirectory, { recursive: true });
    return await run(parseOptions(argv), { log, command: ['npm run bench --', ...argv].join(' ') });
  } catch (error: unknown) {
    if (interrupt.signal.aborted) return 130;
    process.stderr.write(`bench: ${error instanceof UsageError ? error.message : describeError(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

interface Proceedings {
  readonly log: ProgressLog;
  /** What was typed. */
  readonly command: string;
}

async function run({ name, size }: BenchOptions, proceedings: Proceedings): Promise<number> {
  if (name === 'scaling') return simulateScaling(proceedings.log, size);
  if (name === 'all') return runAll(size, proceedings);
  if (name === 'page') return publish(proceedings.log);
  if (name === 'operator-soak') return measureOperator(size, proceedings);
  if (name === 'capacity' || name === 'overload' || name === 'soak' || name === 'console')
    return measurePlatform(name, size, proceedings);
  return compare(name, size, proceedings);
}

async function runAll(size: BenchSize, proceedings: Proceedings): Promise<number> {
  let code = 0;
  for (const name of ALL) code = Math.max(code, await run({ name, size }, proceedings));
  return Math.max(code, await publish(proceedings.log));
}

async function publish(log: ProgressLog): Promise<number> {
  await writePage({ localDirectory, page: join(repository, 'docs', 'benchmarks.md') });
  log.step('bench: wrote .local/bench.json and docs/benchmarks.md');
  return 0;
}

async function compare(bench: ComparedBench, size: BenchSize, { log, command }: Proceedings): Promise<number> {
  await installPeerPackages(log);
  await using stage = await Stage.open({ localDirectory, log, interrupt: interrupt.signal });
  const durability = await verifyDurability(stage.postgres.url());
  log.step(
    `durability: fsync ${durability.fsync}, synchronous_commit ${durability.synchronousCommit}, ` +
      `full_page_writes ${durability.fullPageWrites}; Kafka acks ${durability.kafkaAcks}`,
  );
  const readMachine = watchMachine();
  const measuredAt = new Date().toISOString();
  const findings = await COMPARISONS[bench](stage, size);
  const report = buildReport(findings, { bench, command, measuredAt, machine: readMachine(), durability });
  await writeReport(bench, report);
  process.stdout.write(`\n${renderReport(report)}\n`);
  stage.succeeded();
  return Number(report.bars.some(({ met }) => !met));
}

/** The whole platform, by itself. */
async function measurePlatform(
  bench: keyof typeof PLATFORM,
  size: BenchSize,
  { log, command }: Proceedings,
): Promise<number> {
  const readMachine = watchMachine();
  const measuredAt = new Date().toISOString();
  await using on = await PlatformRun.open({
    localDirectory,
    log,
    interrupt: interrupt.signal,
    hasConsole: bench === 'console',
  });
  const durability = await verifyDurability(on.platform.postgres.url());
  const facts = { command, measuredAt, durability };
  const report = await PLATFORM[bench](on, size, () => ({ ...facts, machine: readMachine() }));
  await writeReport(bench, report);
  process.stdout.write(`\n${renderPlatformReport(report)}\n`);
  return Number(report.bars.some(({ met }) => !met));
}

/** The operator alone, with a broker. */
async function measureOperator(size: BenchSize, { log, command }: Proceedings): Promise<number> {
  const readMachine = watchMachine();
  const measuredAt = new Date().toISOString();
  const findings = await benchOperatorSoak({ localDirectory, log, interrupt: interrupt.signal }, size);
  const facts = { command, measuredAt, machine: readMachine() };
  const report = { kind: 'operator-soak', bench: 'operator-soak', ...findings, ...facts } as const;
  await writeReport('operator-soak', report);
  process.stdout.write(`\n${renderOperatorSoak(report)}\n`);
  return Number(report.bars.some(({ met }) => !met));
}

/** Needs no servers. */
async function simulateScaling(log: ProgressLog, { rounds }: BenchSize): Promise<number> {
  const seeds = rounds === undefined ? {} : { seeds: rounds };
  const findings = await benchScaling({ log, signal: interrupt.signal, ...seeds });
  await writeReport('scaling', findings.rows);
  process.stdout.write(`\n${renderScaling(findings)}\n`);
  return Number(findings.bars.some(({ isMet }) => !isMet));
}

async function writeReport(name: BenchName, report: unknown): Promise<void> {
  await writeFile(join(localDirectory, `bench-${name}.json`), `${JSON.stringify(report, undefined, 2)}\n`);
}
