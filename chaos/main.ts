import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describeError } from '@orderflow/local/local-error';
import { createProgressLog, type ProgressLog } from '@orderflow/local/progress';
import { parseCommand, renderHelp, UsageError, type ChaosOptions } from './options.ts';
import { renderResult, renderTotals } from './report-text.ts';
import { totalsOf, type ChaosReport, type ScenarioResult } from './result.ts';
import { runScenario } from './run-scenario.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { planSchedule } from './schedule.ts';
import { findObstacle } from './stage/small-disk.ts';

const localDirectory = join(import.meta.dirname, '..', '.local');
const reportFile = join(localDirectory, 'chaos-report.json');
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupt.abort());

process.exitCode = await main(process.argv.slice(2));

/** Returns the exit code: 0 nothing was violated, 1 something was, 2 bad usage, 130 interrupted. */
async function main(argv: readonly string[]): Promise<number> {
  try {
    const command = parseCommand(argv);
    if (command.kind === 'run') return await runAll(command.options);
    process.stdout.write(renderHelp());
    return 0;
  } catch (error: unknown) {
    if (interrupt.signal.aborted) return 130;
    process.stderr.write(`chaos: ${error instanceof UsageError ? error.message : describeError(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** One scenario after the other; the report is written after each, so that `--resume` can go on with it. */
async function runAll(options: ChaosOptions): Promise<number> {
  const log = createProgressLog({ stream: process.stderr });
  await mkdir(localDirectory, { recursive: true });
  const { seed, isFull, ratePerSecond, size } = options;
  const machine = { cpus: availableParallelism(), node: process.version };
  const about = { seed, isFull, ratePerSecond, size, machine };
  const earlier = options.isResumed ? await readEarlier(about) : [];
  const results: ScenarioResult[] = [];
  for (const scenario of options.scenarios) {
    const known = earlier.find(({ name, kind }) => name === scenario.name && kind === 'run');
    const result = known ?? (await runOne(scenario, options, log));
    results.push(result);
    process.stdout.write(`${renderResult(scenario, result)}\n`);
    await writeFile(reportFile, `${JSON.stringify({ ...about, scenarios: results }, undefined, 2)}\n`);
  }
  process.stdout.write(`${renderTotals({ ...about, scenarios: results })} (report: .local/chaos-report.json)\n`);
  return Number(totalsOf(results).violations > 0);
}

/** What an earlier run with the same seed, rate and size found. */
async function readEarlier(about: Omit<ChaosReport, 'scenarios'>): Promise<readonly ScenarioResult[]> {
  const earlier = JSON.parse(await readFile(reportFile, 'utf8')) as ChaosReport;
  const isSame =
    earlier.seed === about.seed &&
    earlier.ratePerSecond === about.ratePerSecond &&
    JSON.stringify(earlier.size) === JSON.stringify(about.size);
  if (!isSame) throw new UsageError('the report in .local is of a run with another seed, rate or size');
  return earlier.scenarios;
}

async function runOne(scenario: Scenario, options: ChaosOptions, log: ProgressLog): Promise<ScenarioResult> {
  const obstacle = scenario.setting.smallDisk === undefined ? undefined : await findObstacle();
  if (obstacle !== undefined) return { kind: 'not run', name: scenario.name, reason: obstacle };
  log.step(`${scenario.name}: ${scenario.title}`);
  return runScenario({
    scenario,
    schedule: planSchedule({ scenario, seed: options.seed, size: options.size }),
    ratePerSecond: options.ratePerSecond,
    localDirectory,
    logDirectory: join(localDirectory, 'chaos-logs', scenario.name),
    log,
    signal: interrupt.signal,
  });
}
