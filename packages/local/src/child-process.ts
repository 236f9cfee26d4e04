import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LocalError } from './local-error.ts';
import { readLastLines, sizeOf, watchForText } from './log-file.ts';
import type { RunDirectory } from './run-directory.ts';

const DEFAULT_STOP_DEADLINE_MS = 15_000;
const READY_POLL_MS = 25;

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProcessOptions {
  /** As it stands in messages and in the name of the log file. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly run: RunDirectory;
  /** Default: the environment of this process. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** Default: SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
  /** After this, stop() sends SIGKILL. */
  readonly stopDeadlineMs?: number;
}

/** A child in a process group of its own (so that Ctrl-C reaches only its supervisor), its output in a log file. */
export interface SupervisedProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** That of its run. */
  readonly signal: AbortSignal;
  /** Resolves when the process has ended, however; never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** Default: SIGKILL. Nothing happens when the process has ended. */
  kill(signal?: NodeJS.Signals): void;
  /** SIGSTOP: the process keeps its sockets and says nothing. */
  pause(): void;
  resume(): void;
  /** Asks, waits, then kills; idempotent. */
  stop(): Promise<void>;
  /** A question to be polled: has this process (not an earlier one with the same log file) written the text? */
  watchFor(text: string): () => boolean;
  /** The end of the log, for messages. */
  lastLines(count?: number): string;
}

/**
 * Starts a process and records it in the run, so that a later start can stop it if this process is killed.
 * @throws LocalError COMMAND_FAILED when the command cannot be started, RUN_ABORTED when the run is to end.
 */
export async function superviseProcess(options: ProcessOptions): Promise<SupervisedProcess> {
  if (options.run.signal.aborted) throw abortedError(options.name);
  const logFile = join(options.run.logDirectory, `${options.name}.log`);
  const logStart = sizeOf(logFile);
  const child = spawnLogged(options, logFile);
  const pid = child.pid;
  if (pid === undefined) {
    const [cause] = await once(child, 'error');
    throw new LocalError({
      code: 'COMMAND_FAILED',
      message: `${options.name} cannot be started: ${options.command} does not run (${String(cause)}).`,
      fix: 'Check that the file exists and may be executed.',
      cause,
    });
  }
  options.run.recordChild({ name: options.name, pid, stopSignal: options.stopSignal ?? 'SIGTERM' });
  return new Supervised(options, child, { pid, logFile, logStart });
}

function spawnLogged(options: ProcessOptions, logFile: string): ChildProcess {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  try {
    return spawn(options.command, options.args, {
      detached: true,
      stdio: ['ignore', log, log],
      env: options.env ?? process.env,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...options.user,
    });
  } finally {
    closeSync(log);
  }
}

class Supervised implements SupervisedProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  readonly signal: AbortSignal;
  readonly exited: Promise<ProcessExit>;
  readonly #child: ChildProcess;
  readonly #logStart: number;
  readonly #stopSignal: NodeJS.Signals;
  readonly #stopDeadlineMs: number;
  #stopping: Promise<void> | undefined;

  constructor(options: ProcessOptions, child: ChildProcess, facts: { pid: number; logFile: string; logStart: number }) {
    this.name = options.name;
    this.pid = facts.pid;
    this.logFile = facts.logFile;
    this.signal = options.run.signal;
    this.#child = child;
    this.#logStart = facts.logStart;
    this.#stopSignal = options.stopSignal ?? 'SIGTERM';
    this.#stopDeadlineMs = options.stopDeadlineMs ?? DEFAULT_STOP_DEADLINE_MS;
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        resolve({ code, signal });
      });
    });
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#child.kill(signal);
  }

  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    this.#stopping ??= this.#askThenKill();
    await this.#stopping;
  }

  watchFor(text: string): () => boolean {
    return watchForText(this.logFile, text, this.#logStart);
  }

  lastLines(count = 15): string {
    return readLastLines(this.logFile, count);
  }

  async #askThenKill(): Promise<void> {
    this.resume();
    this.kill(this.#stopSignal);
    const abort = new AbortController();
    const deadline = sleep(this.#stopDeadlineMs, 'late' as const, { signal: abort.signal }).catch(
      () => 'late' as const,
    );
    const outcome = await Promise.race([this.exited, deadline]);
    abort.abort();
    if (outcome === 'late') this.kill('SIGKILL');
    await this.exited;
  }
}

interface Readiness {
  readonly isReady: () => boolean | Promise<boolean>;
  readonly deadlineMs: number;
}

/**
 * Waits until a process is ready, and no longer than it lives; it is stopped when it does not get there.
 * @throws LocalError CHILD_EXITED or CHILD_NOT_READY, with the last lines of its log; RUN_ABORTED.
 */
export async function waitUntilReady(child: SupervisedProcess, { isReady, deadlineMs }: Readiness): Promise<void> {
  const giveUpMs = performance.now() + deadlineMs;
  let exit: ProcessExit | undefined;
  void child.exited.then((facts) => (exit = facts));
  while (!(await isReady())) {
    if (exit !== undefined) throw childExitedError(child, exit);
    if (child.signal.aborted || performance.now() > giveUpMs) {
      await child.stop();
      throw child.signal.aborted ? abortedError(child.name) : notReadyError(child, deadlineMs);
    }
    await sleep(READY_POLL_MS);
  }
}

function abortedError(name: string): LocalError {
  return new LocalError({
    code: 'RUN_ABORTED',
    message: `${name} was not started: this run is being stopped.`,
    fix: 'Start again when you want it.',
  });
}

function notReadyError(child: SupervisedProcess, deadlineMs: number): LocalError {
  return new LocalError({
    code: 'CHILD_NOT_READY',
    message: `${child.name} was not ready after ${Math.round(deadlineMs / 1_000)} s.`,
    fix: `Look at ${child.logFile}; a machine that is very busy may just need another try.`,
    details: child.lastLines(),
  });
}

/** The error for a child that ended although nobody stopped it. */
export function childExitedError(child: SupervisedProcess, exit: ProcessExit): LocalError {
  const how = exit.signal === null ? `with exit code ${String(exit.code)}` : `by ${exit.signal}`;
  return new LocalError({
    code: 'CHILD_EXITED',
    message: `${child.name} ended ${how}.`,
    fix: `Look at its log, ${child.logFile}; the last lines follow.`,
    details: child.lastLines(),
  });
}
