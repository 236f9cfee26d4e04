import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts';
import type { ProgressLog } from './progress.ts';
import { requireDiskSpace } from './requirements.ts';

const LOCK_POLL_MS = 200;
/** A lock without an owner is one that is just being taken, unless it stays so for this many polls. */
const NASCENT_LOCK_POLLS = 25;

export interface CacheEntry {
  /** The folder that is to exist; it never exists half filled. */
  readonly target: string;
  /** For messages. */
  readonly what: string;
  readonly log: ProgressLog;
  /** Fills an empty folder, which then becomes the target. */
  readonly fill: (staging: string) => Promise<void>;
}

/**
 * Makes sure that a folder of the cache is there, filled once however many processes ask at the same time.
 * @returns the target.
 */
export async function ensureCached(entry: CacheEntry): Promise<string> {
  if (existsSync(entry.target)) return entry.target;
  await mkdir(dirname(entry.target), { recursive: true });
  await requireDiskSpace(dirname(entry.target));
  const lock = `${entry.target}.lock`;
  if (!(await acquireLock(entry, lock))) return entry.target;
  try {
    await fillAndRename(entry);
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
  return entry.target;
}

async function fillAndRename({ target, fill }: CacheEntry): Promise<void> {
  const staging = await mkdtemp(`${target}.partial-`);
  try {
    await fill(staging);
    // mkdtemp keeps others out; PostgreSQL may run as another user.
    await chmod(staging, 0o755);
    await rename(staging, target);
  } catch (error: unknown) {
    await rm(staging, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
}

/**
 * Waits for the lock; false when another process filled the entry meanwhile.
 * Two waiters may in theory both take over the lock of a dead owner: then the work is done twice, and the rename decides.
 */
async function acquireLock({ target, what, log }: CacheEntry, lock: string): Promise<boolean> {
  let ownerlessPolls = 0;
  for (let polls = 0; !existsSync(target); polls++) {
    if (await takeLock(lock)) return !existsSync(target) || (await rm(lock, { recursive: true, force: true }), false);
    if (polls === 0) log.step(`${what}: another process is fetching it, waiting`);
    const owner = await readOwner(lock);
    ownerlessPolls = owner === undefined ? ownerlessPolls + 1 : 0;
    const isStale = owner === undefined ? ownerlessPolls > NASCENT_LOCK_POLLS : !isRunning(owner);
    await (isStale ? rm(lock, { recursive: true, force: true }) : sleep(LOCK_POLL_MS));
  }
  return false;
}

async function takeLock(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
  } catch {
    return false;
  }
  await writeFile(join(lock, 'owner.json'), JSON.stringify(identifyProcess(process.pid)));
  return true;
}

async function readOwner(lock: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse(await readFile(join(lock, 'owner.json'), 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}
