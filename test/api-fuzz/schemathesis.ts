import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '@orderflow/local/command';
import { LocalError } from '@orderflow/local/local-error';
import type { ProgressLog } from '@orderflow/local/progress';

const INSTALL_TIMEOUT_MS = 600_000;
const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt');

/**
 * Puts the pinned Schemathesis into a virtual environment of Python's, unless it is there, and returns its program.
 *
 * @throws {LocalError} PYTHON_MISSING, or DOWNLOAD_FAILED with what pip says.
 */
export async function installSchemathesis(directory: string, log: ProgressLog): Promise<string> {
  const program = join(directory, 'bin', 'schemathesis');
  const installed = join(directory, 'installed.txt');
  const wanted = await readFile(REQUIREMENTS, 'utf8');
  if ((await readFile(installed, 'utf8').catch(() => '')) === wanted) return program;
  log.step('schemathesis: installing it from PyPI, once');
  await runCommand(['python3', '-m', 'venv', '--clear', directory]).catch((error: unknown) => {
    throw new LocalError({
      code: 'PYTHON_MISSING',
      message: 'The fuzzer is a Python program, and there is no python3 with its module venv here.',
      fix: 'Install both (Debian and Ubuntu: apt install python3-venv, macOS: brew install python).',
      cause: error,
    });
  });
  const pip = join(directory, 'bin', 'pip');
  await runCommand([pip, 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '-r', REQUIREMENTS], {
    timeoutMs: INSTALL_TIMEOUT_MS,
  }).catch((error: unknown) => {
    throw new LocalError({
      code: 'DOWNLOAD_FAILED',
      message: 'pip could not install Schemathesis.',
      fix: 'See what it says below; mostly PyPI cannot be reached, or Python is older than 3.10.',
      details: error instanceof Error && 'output' in error ? String(error.output) : '',
      cause: error,
    });
  });
  await writeFile(installed, wanted);
  return program;
}

export interface FuzzRun {
  readonly program: string;
  /** Base URL of the API. */
  readonly url: string;
  readonly seed: number;
  readonly casesPerOperation: number;
  /** Where the fuzzer keeps its notes. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

/** Fuzzes the API, its progress on this terminal, and returns the report as it was written. */
export async function runSchemathesis(run: FuzzRun): Promise<unknown> {
  const report = join(run.directory, 'report.json');
  const options = {
    'max-examples': String(run.casesPerOperation),
    seed: String(run.seed),
    'generation-database': 'none',
    warnings: 'off',
    report: 'json',
    'report-json-path': report,
  };
  const args = [
    `--config-file=${join(import.meta.dirname, 'schemathesis.toml')}`,
    '--no-color',
    'run',
    `${run.url}/openapi.json`,
    '--continue-on-failure',
    ...Object.entries(options).map(([name, value]) => `--${name}=${value}`),
  ];
  const env = {
    ...process.env,
    PYTHONPATH: import.meta.dirname,
    PYTHONDONTWRITEBYTECODE: '1',
    SCHEMATHESIS_HOOKS: 'prices',
  };
  const fuzzer = spawn(run.program, args, { cwd: run.directory, env, stdio: ['ignore', 'inherit', 'inherit'] });
  const stop = (): void => void fuzzer.kill();
  run.signal.addEventListener('abort', stop, { once: true });
  await once(fuzzer, 'exit');
  run.signal.removeEventListener('abort', stop);
  run.signal.throwIfAborted();
  return JSON.parse(await readFile(report, 'utf8')) as unknown;
}
