import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LoadReport } from '../src/report.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** A line of the receipts journal. */
export interface JournalLine {
  readonly type: 'start' | 'order' | 'transition' | 'failed' | 'end';
  readonly [field: string]: unknown;
}

export interface GeneratorExit {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The load generator as a child process, with its report and journal in a folder of its own. */
export class GeneratorProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly #folder: string;
  readonly #exit: Promise<GeneratorExit>;

  private constructor(folder: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    this.#folder = folder;
    this.child = spawn(process.execPath, [MAIN, ...args], {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#exit = collect(this.child);
  }

  /** Starts it with files for the report and the receipts. */
  static async start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<GeneratorProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'load-generator-'));
    const files = ['--json', join(folder, 'report.json'), '--receipts', join(folder, 'receipts.jsonl')];
    return new GeneratorProcess(folder, [...files, ...args], env);
  }

  /** Resolves when the process has ended and its output was read. */
  exit(): Promise<GeneratorExit> {
    return this.#exit;
  }

  async report(): Promise<LoadReport> {
    return JSON.parse(await readFile(join(this.#folder, 'report.json'), 'utf8')) as LoadReport;
  }

  /** The whole lines of the journal; a killed generator may leave half a line at the end. */
  async journal(): Promise<readonly JournalLine[]> {
    const text = await readFile(join(this.#folder, 'receipts.jsonl'), 'utf8');
    const lines = text.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as JournalLine);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.#exit;
    await rm(this.#folder, { recursive: true });
  }
}

async function collect(child: ChildProcess): Promise<GeneratorExit> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, stdout, stderr };
}
