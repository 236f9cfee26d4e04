import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts';
import { silentProgress, type ProgressLog } from './progress.ts';

const RUN_FILE = 'run.json';
const LEFTOVER_STOP_DEADLINE_MS = 5_000;
/** A folder without a run file is one that is just being made, unless it is older than this. */
const NASCENT_RUN_MS = 60_000;

interface RecordedChild extends ProcessIdentity {
  readonly name: string;
  readonly stopSignal: NodeJS.Signals;
}

/** What run.json says: who supervises, which children it started, which folders elsewhere belong to the run. */
export interface RunRecord {
  readonly name: string;
  readonly supervisor: ProcessIdentity;
  readonly children: readonly RecordedChild[];
  readonly outsideDirectories: readonly string[];
}

interface ChildToRecord {
  readonly name: string;
  readonly pid: number;
  /** What to send when the supervisor died and a later start finds this child alive. */
  readonly stopSignal: NodeJS.Signals;
}

/** One run of the embedded default: its folder, and the record by which a later start cleans up after a crash. */
export interface RunDirectory {
  readonly path: string;
  readonly logDirectory: string;
  /** Aborted when the caller wants to end before everything has started. */
  readonly signal: AbortSignal;
  /** Synchronous, so that no crash of this process can come between the start of a child and its record. */
  recordChild(child: ChildToRecord): void;
  /** A folder outside `path` that goes away with the run. */
  recordOutsideDirectory(path: string): void;
  /** Stops the children that still run, then removes the folder with everything in it. */
  remove(): Promise<void>;
}

interface OpenRunOptions {
  /** The folder for everything local, `.local` of the repository. */
  readonly localDirectory: string;
  /** What runs, such as `demo` or `test`; the pid is added. */
  readonly name: string;
  readonly log?: ProgressLog;
  /** Ends what is being started or fetched. Default: nothing does. */
  readonly signal?: AbortSignal;
}

/**
 * Makes the folder of this run. Before that, what runs with a dead supervisor left behind is put in order: their
 * children are stopped, and the folders of those with this name are removed (others may still be looked at).
 */
export async function openRunDirectory(options: OpenRunOptions): Promise<RunDirectory> {
  const { name, log = silentProgress } = options;
  const root = resolve(options.localDirectory, 'run');
  await mkdir(root, { recursive: true });
  await cleanUp({ root, name, log });

  const supervisor = identifyProcess(process.pid);
  if (supervisor === undefined) throw new Error('this process cannot be identified by its pid and start time');
  const path = join(root, `${name}-${process.pid}`);
  const logDirectory = join(path, 'logs');
  mkdirSync(path);
  mkdirSync(logDirectory);
  let record: RunRecord = { name, supervisor, children: [], outsideDirectories: [] };
  writeRecord(path, record);

  return {
    path,
    logDirectory,
    signal: options.signal ?? new AbortController().signal,
    recordChild({ name: childName, pid, stopSignal }) {
      const identity = identifyProcess(pid);
      if (identity === undefined) return;
      const children = record.children.filter((child) => isRunning(child));
      record = { ...record, children: [...children, { ...identity, name: childName, stopSignal }] };
      writeRecord(path, record);
    },
    recordOutsideDirectory(directory) {
      record = { ...record, outsideDirectories: [...record.outsideDirectories, directory] };
      writeRecord(path, record);
    },
    async remove() {
      await stopAll(record.children.filter((child) => isRunning(child)));
      await removeRun(path, record);
    },
  };
}

function writeRecord(path: string, record: RunRecord): void {
  const temporary = join(path, `${RUN_FILE}.new`);
  writeFileSync(temporary, `${JSON.stringify(record, undefined, 2)}\n`);
  renameSync(temporary, join(path, RUN_FILE));
}

async function cleanUp({ root, name, log }: { root: string; name: string; log: ProgressLog }): Promise<void> {
  for (const entry of await readdir(root)) {
    const path = join(root, entry);
    const record = await readRecord(path);
    const facts = { record, folderAgeMs: record === undefined ? await ageMs(path) : 0, name };
    const plan = planCleanUp(facts, isRunning);
    if (plan.childrenToStop.length > 0) {
      log.step(`cleanup: stopping ${plan.childrenToStop.map((child) => child.name).join(', ')} of a run that crashed`);
      await stopAll(plan.childrenToStop);
    }
    if (plan.isRemoved) await removeRun(path, record);
  }
}

export interface CleanUpPlan {
  readonly childrenToStop: readonly RecordedChild[];
  readonly isRemoved: boolean;
}

interface FoundRun {
  /** None: the folder is being made this moment, or its maker died while at it. */
  readonly record: RunRecord | undefined;
  readonly folderAgeMs: number;
  /** Of the run that cleans up. */
  readonly name: string;
}

/** What to do about the folder of another run. A live supervisor's is left alone, and so is a process with a reused pid. */
export function planCleanUp(
  { record, folderAgeMs, name }: FoundRun,
  isAlive: (identity: ProcessIdentity) => boolean,
): CleanUpPlan {
  if (record === undefined) return { childrenToStop: [], isRemoved: folderAgeMs > NASCENT_RUN_MS };
  if (isAlive(record.supervisor)) return { childrenToStop: [], isRemoved: false };
  return { childrenToStop: record.children.filter((child) => isAlive(child)), isRemoved: record.name === name };
}

async function stopAll(children: readonly RecordedChild[]): Promise<void> {
  for (const child of children) sendSignal(child.pid, 'SIGCONT');
  for (const child of children) sendSignal(child.pid, child.stopSignal);
  const deadlineMs = Date.now() + LEFTOVER_STOP_DEADLINE_MS;
  while (children.some((child) => isRunning(child)) && Date.now() < deadlineMs) await sleep(50);
  for (const child of children.filter((candidate) => isRunning(candidate))) sendSignal(child.pid, 'SIGKILL');
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself meanwhile.
  }
}

async function readRecord(path: string): Promise<RunRecord | undefined> {
  try {
    return JSON.parse(await readFile(join(path, RUN_FILE), 'utf8')) as RunRecord;
  } catch {
    return undefined;
  }
}

async function ageMs(path: string): Promise<number> {
  try {
    return Date.now() - (await stat(path)).mtimeMs;
  } catch {
    return 0;
  }
}

/** A killed server's last children may still write for a moment, hence the retries. */
async function removeRun(path: string, record: RunRecord | undefined): Promise<void> {
  for (const directory of [...(record?.outsideDirectories ?? []), path]) {
    await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** Has this process remove the run and end when it is told to. */
export function removeOnSignal(run: RunDirectory): void {
  for (const [signal, exitCode] of Object.entries(SIGNAL_EXIT_CODES)) {
    process.once(signal, () => {
      void run.remove().finally(() => process.exit(exitCode));
    });
  }
}
