import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** More than the embedded default asks for; what is not used takes no memory. */
const SIZE_BYTES = 4 * 1024 ** 3;

const FILL_TRIES = 20;

/** Space for what is written between the look and the new size. */
const SPARE_BLOCKS = 16;

/** A file system of its own that can be made full. */
export interface SmallDisk extends AsyncDisposable {
  readonly path: string;
  /** Leaves no space beyond what is used. */
  fill(): Promise<void>;
  /** Gives the space back. */
  free(): Promise<void>;
}

/** Why no small disk can be had here; undefined when it can. */
export async function findObstacle(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'a tmpfs of its own is needed, which only Linux has';
  if (process.getuid?.() !== 0) return 'only root may mount the tmpfs that is filled';
  try {
    await using disk = await mountSmallDisk();
    await disk.fill();
    return undefined;
  } catch (error: unknown) {
    return `a tmpfs cannot be mounted (${error instanceof Error ? error.message.trim() : String(error)})`;
  }
}

/** A tmpfs: it is full when its size is set to what it holds, so that no ballast has to be written. */
export async function mountSmallDisk(): Promise<SmallDisk> {
  const path = await mkdtemp(join(tmpdir(), 'orderflow-chaos-'));
  const remove = (): Promise<void> => rm(path, { recursive: true, force: true });
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_BYTES},mode=711`, 'tmpfs', path]);
  } catch (error: unknown) {
    await remove();
    throw error;
  }
  await chmod(path, 0o711);
  const resize = async (bytes: number): Promise<void> => {
    await run('mount', ['-o', `remount,size=${bytes}`, path]);
  };
  return {
    path,
    fill: () => fill(path, resize),
    free: () => resize(SIZE_BYTES),
    [Symbol.asyncDispose]: async () => {
      await run('umount', [path]);
      await remove();
    },
  };
}

/** What is used grows meanwhile, and the system refuses a size below it. */
async function fill(path: string, resize: (bytes: number) => Promise<void>): Promise<void> {
  for (let triesLeft = FILL_TRIES; ; triesLeft -= 1) {
    const { bsize, blocks, bfree } = await statfs(path);
    try {
      await resize((blocks - bfree + SPARE_BLOCKS) * bsize);
      return;
    } catch (error: unknown) {
      if (triesLeft === 0) throw error;
    }
  }
}
