import { endLine, startLine } from '@orderflow/contracts/receipts-journal';
import { newId } from '@orderflow/contracts/ids';
import { runProcess } from '@orderflow/service-kit/lifecycle';
import { sleep } from '@orderflow/service-kit/sleep';
import { monotonicNowMs as nowMs, processCpuMicros as cpuMicros } from './clock.ts';
import { readCommand, type LoadConfig } from './config.ts';
import { HttpClient } from './http-client.ts';
import { Interruption } from './interruption.ts';
import { LoadRun } from './load-run.ts';
import { renderHelp } from './options.ts';
import { startProgress } from './progress.ts';
import { TargetUnreachableError, waitUntilReady } from './readiness.ts';
import { ReceiptJournal, ReceiptsError } from './receipt-journal.ts';
import { noReceipts } from './receipts.ts';
import { buildReport, decideExitCode, offeredRate, type LoadReport } from './report.ts';
import { prepareReportFile, writeReportFile } from './report-file.ts';
import { renderSummary } from './summary.ts';

async function runLoad(config: LoadConfig, interruption: Interruption): Promise<LoadReport> {
  const { target, seed, stages, warmupMs, slos, durationMs } = config;
  const { stopping } = interruption;
  const runId = newId();
  await using client = new HttpClient(config);
  interruption.abandon.addEventListener('abort', () => client.abandon('abandoned'));
  if (config.reportPath !== undefined) await prepareReportFile(config.reportPath);
  await using journal =
    config.receiptsPath === undefined
      ? undefined
      : await ReceiptJournal.create(config.receiptsPath, config.receiptsMode, () => interruption.stop());
  const receipts = journal ?? noReceipts;
  const pause = (ms: number): Promise<void> => sleep(ms, stopping);
  await waitUntilReady({ ...config, send: (request) => client.send(request), nowMs, pause, stopping });

  const run = new LoadRun(config, runId, { client, receipts, nowMs, cpuMicros, stopping });
  const { schedule, tally } = run;
  const startedAt = new Date();
  const start = { startedAt: startedAt.toISOString(), target: target.href, rate: offeredRate(schedule) };
  receipts.append(startLine({ ...start, durationMs, seed, runId }));
  const { stdout, stderr } = process;
  const stopProgress = startProgress(config.progress, { sample: () => run.sample(), stdout, stderr });
  const result = await run.run();
  stopProgress();

  const waits = run.waits();
  const interruptedBy = interruption.by;
  const facts = { target, runId, seed, stages, warmupMs, slos, schedule, tally, ...waits, result, interruptedBy };
  const report = buildReport({ ...facts, startedAtMs: startedAt.getTime() });
  const { endedAt, sent, accepted, failed } = report;
  receipts.append(endLine({ endedAt, sent, accepted, failed }));
  return report;
}

async function main(): Promise<void> {
  const command = readCommand(process.argv.slice(2), process.env);
  if (command.kind === 'help') {
    process.stdout.write(renderHelp());
    return;
  }
  const { config } = command;
  const interruption = new Interruption();
  interruption.listen(process);
  try {
    const report = await runLoad(config, interruption);
    const output = config.progress === 'json' ? process.stderr : process.stdout;
    output.write(`${renderSummary(report)}\n`);
    if (config.reportPath !== undefined) await writeReportFile(config.reportPath, report);
    process.exitCode = decideExitCode(report);
  } catch (error: unknown) {
    if (!(error instanceof TargetUnreachableError) && !(error instanceof ReceiptsError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

await runProcess(main);
