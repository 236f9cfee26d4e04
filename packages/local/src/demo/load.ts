import { spawn } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ProgressSample } from '@orderflow/load-generator/progress';
import { LocalError } from '../local-error.ts';
import type { RunDirectory } from '../run-directory.ts';

const GENERATOR = join(import.meta.dirname, '..', '..', '..', '..', 'services', 'load-generator', 'src', 'main.ts');

export interface LoadOptions {
  readonly run: RunDirectory;
  readonly gateway: string;
  readonly ratePerSecond: number;
  readonly seconds: number;
  /** The load rises for so long before that. Default: 0. */
  readonly warmupSeconds?: number;
  /** Where the generator writes what clients were told. */
  readonly receipts: string;
  /** Default: the load begins a journal of its own. */
  readonly appendsReceipts?: boolean;
  /** Where it writes its report. */
  readonly report: string;
  /** Options of the generator that say what is sent, by name. Default: the demo's mix. */
  readonly mix?: Readonly<Record<string, string>>;
  /** To the gateway. Default: the generator's own. */
  readonly connections?: number;
  readonly onSample: (sample: ProgressSample) => void;
}

/** The running load generator. */
export interface RunningLoad {
  readonly pid: number;
  readonly logFile: string;
  /** Its exit code; null when a signal ended it. */
  readonly exited: Promise<number | null>;
  stop(): void;
  /** Ends it as if its time were over. */
  finish(): void;
}

/** The mix of the demo: of all orders some are paid, shipped or cancelled, some have a key and are sent twice. */
const MIX = {
  payments: '0.06',
  shipments: '0.03',
  cancellations: '0.02',
  idempotent: '0.05',
  retries: '0.2',
};

const mixArguments = (mix: Readonly<Record<string, string>>): string[] =>
  Object.entries(mix).flatMap(([name, value]) => [`--${name}`, value]);

/** A quarter of the rate, half of it, then all of it, before what counts begins. */
function scheduleArguments({ ratePerSecond, seconds, warmupSeconds = 0 }: LoadOptions): string[] {
  const duration = ['--duration', `${warmupSeconds + seconds}s`];
  if (warmupSeconds === 0) return ['--rate', String(ratePerSecond), ...duration];
  const quarterMs = warmupSeconds * 250;
  const stages = `0:${ratePerSecond / 4},${quarterMs}ms:${ratePerSecond / 2},${2 * quarterMs}ms:${ratePerSecond}`;
  return ['--stages', stages, ...duration, '--warmup', `${warmupSeconds}s`];
}

/** docs/adr/0023-flags-of-v8.md */
const NODE_FLAGS = ['--max-semi-space-size=8', '--no-allocation-site-pretenuring'];

/** @throws {LocalError} COMMAND_FAILED when the generator cannot be started. */
export function startLoad(options: LoadOptions): RunningLoad {
  const logFile = join(options.run.logDirectory, 'load-generator.log');
  const log = openSync(logFile, 'a');
  const { gateway, receipts, report, connections } = options;
  const args = [...NODE_FLAGS, GENERATOR, '--url', gateway, ...scheduleArguments(options)];
  args.push(...mixArguments(options.mix ?? MIX), '--receipts', receipts, '--json', report, '--progress', 'json');
  if (options.appendsReceipts === true) args.push('--receipts-mode', 'append');
  if (connections !== undefined) args.push('--connections', String(connections));
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'pipe', log] });
  closeSync(log);
  if (child.pid === undefined || child.stdout === null) {
    throw new LocalError({
      code: 'COMMAND_FAILED',
      message: 'the load generator cannot be started.',
      fix: `Look at ${logFile}.`,
    });
  }
  options.run.recordChild({ name: 'load-generator', pid: child.pid, stopSignal: 'SIGTERM' });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const sample = parseSample(line);
    if (sample !== undefined) options.onSample(sample);
  });
  const exited = Promise.withResolvers<number | null>();
  child.once('exit', (code) => exited.resolve(code));
  return {
    pid: child.pid,
    logFile,
    exited: exited.promise,
    stop: () => void child.kill('SIGTERM'),
    finish: () => void child.kill('SIGUSR2'),
  };
}

/** The generator prints its summary for people on the same stream, after the samples. */
function parseSample(line: string): ProgressSample | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as ProgressSample;
  } catch {
    return undefined;
  }
}
