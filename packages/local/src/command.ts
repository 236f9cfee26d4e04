import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { LocalError } from './local-error.ts';

/** Generous: on a machine that builds something else at the same time, a JVM alone may take ten seconds to start. */
const DEFAULT_TIMEOUT_MS = 120_000;

const execFileAsync = promisify(execFile);

export interface CommandOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a short-lived program to its end and gives back what it wrote to standard output and standard error.
 * @throws CommandFailure when it cannot be started, ends with another code than 0, or takes too long.
 */
export async function runCommand(
  command: readonly [string, ...string[]],
  options: CommandOptions = {},
): Promise<string> {
  const [program, ...args] = command;
  try {
    const { stdout, stderr } = await execFileAsync(program, args, {
      encoding: 'utf8',
      maxBuffer: 16 * 1024 * 1024,
      timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...options.user,
    });
    return stdout + stderr;
  } catch (error: unknown) {
    throw new CommandFailure(program, error);
  }
}

/** A program that did not do its work; `output` holds the last lines that it wrote. */
export class CommandFailure extends LocalError {
  readonly output: string;

  constructor(program: string, cause: unknown) {
    const output = lastLines(textOf(cause, 'stdout') + textOf(cause, 'stderr'));
    super({
      code: 'COMMAND_FAILED',
      message: `${program} failed${output === '' ? `: ${String(cause)}` : '.'}`,
      fix: 'See what it says below.',
      details: output,
      cause,
    });
    this.output = output;
  }
}

function textOf(error: unknown, key: 'stdout' | 'stderr'): string {
  if (typeof error !== 'object' || error === null || !(key in error)) return '';
  const value: unknown = Reflect.get(error, key);
  return typeof value === 'string' ? value : '';
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-15).join('\n');
}
