import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { ConfigError } from '@orderflow/service-kit/config';
import { createLogger } from '@orderflow/service-kit/logger';
import type { AuditReport } from './audit.ts';
import { readCommand, type VerifyConfig } from './config.ts';
import { renderHelp } from './options.ts';
import { createProgress } from './progress.ts';
import { renderReport } from './report-text.ts';
import { SourceError } from './source-error.ts';
import { sourceNames, Verification } from './verification.ts';

const EXIT_CODES = { proved: 0, broken: 1, badOptions: 2, noVerdict: 3 } as const;

/** A running demo writes here where its databases and brokers are. */
const ENDPOINTS_FILE = resolve(import.meta.dirname, '..', '..', '..', '.local', 'endpoints.json');

// Nearly everything that is read stays until the verdict. Left to itself the heap would double before each collection.
setFlagsFromString('--heap-growing-percent=40');

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const endpoints = await readEndpoints();
    const command = readCommand({ args: process.argv.slice(2), env: process.env, endpoints });
    if (command.kind === 'help') {
      process.stdout.write(renderHelp());
      return EXIT_CODES.proved;
    }
    const report = await verify(command.config);
    return EXIT_CODES[report.verdict];
  } catch (error: unknown) {
    return explainFailure(error);
  }
}

async function verify(config: VerifyConfig): Promise<AuditReport> {
  const { reportPath } = config;
  if (reportPath !== undefined) await clearReport(reportPath);
  const progress = createProgress({ stream: process.stderr, nowMs: Date.now });
  const logger = createLogger({ service: 'auditor', level: config.logLevel, destination: process.stderr });
  await using verification = new Verification(config, { progress, logger });
  const report = await verification.run();
  const isColoured = process.stdout.isTTY && process.stdout.hasColors();
  process.stdout.write(renderReport(report, sourceNames(config), { isColoured }));
  if (reportPath !== undefined) await writeFile(reportPath, `${JSON.stringify(report, undefined, 2)}\n`);
  return report;
}

/** A report of an earlier run must not be taken for this one's when this one comes to no verdict. */
async function clearReport(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await rm(path, { force: true });
  } catch (error: unknown) {
    throw new ConfigError([{ key: '--json', reason: `cannot be written (${(error as Error).message})` }]);
  }
}

async function readEndpoints(): Promise<unknown> {
  try {
    return JSON.parse(await readFile(ENDPOINTS_FILE, 'utf8'));
  } catch (error: unknown) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ConfigError([{ key: ENDPOINTS_FILE, reason: `cannot be read (${(error as Error).message})` }]);
  }
}

function explainFailure(error: unknown): number {
  if (error instanceof ConfigError) {
    process.stderr.write(`${error.message}\nsee --help; after \`KEEP=1 make demo\` no option is needed\n`);
    return EXIT_CODES.badOptions;
  }
  const isExpected = error instanceof SourceError;
  process.stderr.write(`${isExpected ? error.message : String((error as Error).stack ?? error)}\nno verdict\n`);
  return EXIT_CODES.noVerdict;
}
