import { chown, lstat, mkdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runCommand } from './command.ts';
import { LocalError } from './local-error.ts';

/** PostgreSQL refuses to run as root; this is whom it runs as then. */
export interface PostgresUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Nobody else when this process is not root; else `postgres`, else `nobody`. */
export async function choosePostgresUser(): Promise<PostgresUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const user = await lookUpUser(name);
    if (user !== undefined) return user;
  }
  throw new LocalError({
    code: 'POSTGRES_CANNOT_RUN',
    message: 'PostgreSQL refuses to run as root, and there is neither a user postgres nor a user nobody to run it as.',
    fix: 'Run this as an ordinary user.',
  });
}

async function lookUpUser(name: string): Promise<PostgresUser | undefined> {
  try {
    const uid = Number.parseInt(await runCommand(['id', '-u', name]), 10);
    const gid = Number.parseInt(await runCommand(['id', '-g', name]), 10);
    return { name, uid, gid };
  } catch {
    return undefined;
  }
}

interface DirectoryFacts {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Whether a user may pass through a folder, by its permission bits (access control lists are not looked at). */
export function mayPass(directory: DirectoryFacts, user: { uid: number; gid: number }): boolean {
  if (directory.uid === user.uid) return (directory.mode & 0o100) !== 0;
  if (directory.gid === user.gid) return (directory.mode & 0o010) !== 0;
  return (directory.mode & 0o001) !== 0;
}

/** The first folder on the way to `path` (itself included) that the user may not pass through. */
export async function findBarrier(path: string, user: PostgresUser): Promise<string | undefined> {
  const ancestors: string[] = [];
  for (let at = path; ; at = dirname(at)) {
    ancestors.unshift(at);
    if (at === dirname(at)) break;
  }
  for (const directory of ancestors) {
    if (!mayPass(await stat(directory), user)) return directory;
  }
  return undefined;
}

/**
 * A folder below the system's temporary one that every user may pass through and only this one may write to.
 * @throws LocalError when somebody else made a thing of that name.
 */
export async function publicDirectory(): Promise<string> {
  const directory = join(tmpdir(), `orderflow-${String(process.getuid?.() ?? 0)}`);
  await mkdir(directory, { recursive: true, mode: 0o711 });
  const facts = await lstat(directory);
  if (facts.isDirectory() && facts.uid === process.getuid?.() && (facts.mode & 0o022) === 0) return directory;
  throw new LocalError({
    code: 'POSTGRES_CANNOT_RUN',
    message: `${directory} is needed for PostgreSQL, and it belongs to another user or others may write to it.`,
    fix: 'Remove it, or set TMPDIR to a folder of your own.',
  });
}

/** Gives a new folder to the user PostgreSQL runs as. */
export async function makeOwnedDirectory(path: string, user: PostgresUser | undefined): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  if (user !== undefined) await chown(path, user.uid, user.gid);
}
