import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { describeError } from '@orderflow/local/local-error';
import { createProgressLog, type ProgressLog } from '@orderflow/local/progress';
import { verifyDurability } from './durability.ts';
import { parseOptions, UsageError, type BenchName, type BenchOptions, type BenchSize } from './options.ts';
import { benchOrders } from './orders.ts';
import { benchProcessor } from './processor.ts';
import { benchPublisher } from './publisher.ts';
import { buildReport, renderReport, type Findings } from './report.ts';
import { benchScaling } from './scaling.ts';
import { renderScaling } from './scaling-table.ts';
import { Stage } from './stage.ts';
import { benchTelemetry } from './telemetry.ts';

/** Those that measure real servers. */
type StagedBench = Exclude<BenchName, 'scaling'>;

const BENCHMARKS: Readonly<Record<StagedBench, (stage: Stage, size: BenchSize) => Promise<Findings>>> = {
  orders: benchOrders,
  publisher: benchPublisher,
  processor: benchProcessor,
  telemetry: benchTelemetry,
};

const localDirectory = join(import.meta.dirname, '..', '.local');
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupt.abort());

process.exitCode = await main(process.argv.slice(2));

/** Returns the exit code: 0 every bar met, 1 one missed or no result, 2 bad usage, 130 interrupted. */
async function main(argv: readonly string[]): Promise<number> {
  try {
    return await bench(parseOptions(argv));
  } catch (error: unknown) {
    if (interrupt.signal.aborted) return 130;
    process.stderr.write(`bench: ${error instanceof UsageError ? error.message : describeError(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

async function bench({ name, size }: BenchOptions): Promise<number> {
  const log = createProgressLog({ stream: process.stderr });
  await mkdir(localDirectory, { recursive: true });
  if (name === 'scaling') return simulateScaling(log, size);
  await using stage = await Stage.open({ localDirectory, log, interrupt: interrupt.signal });
  const durability = await verifyDurability(stage.postgres.url());
  log.step(
    `durability: fsync ${durability.fsync}, synchronous_commit ${durability.synchronousCommit}, ` +
      `full_page_writes ${durability.fullPageWrites}; Kafka acks ${durability.kafkaAcks}`,
  );
  const [before = 0] = loadavg();
  const findings = await BENCHMARKS[name](stage, size);
  const [after = 0] = loadavg();
  const machine = { cpus: availableParallelism(), loadAverage: { before, after } };
  const report = buildReport(findings, { bench: name, machine, durability });
  await writeFile(join(localDirectory, `bench-${name}.json`), `${JSON.stringify(report, undefined, 2)}\n`);
  process.stdout.write(`\n${renderReport(report)}\n`);
  stage.succeeded();
  return Number(report.bars.some(({ met }) => !met));
}

/** Needs no servers. */
async function simulateScaling(log: ProgressLog, { rounds }: BenchSize): Promise<number> {
  const seeds = rounds === undefined ? {} : { seeds: rounds };
  const findings = await benchScaling({ log, signal: interrupt.signal, ...seeds });
  await writeFile(join(localDirectory, 'bench-scaling.json'), `${JSON.stringify(findings.rows, undefined, 2)}\n`);
  process.stdout.write(`\n${renderScaling(findings)}\n`);
  return Number(findings.bars.some(({ isMet }) => !isMet));
}
