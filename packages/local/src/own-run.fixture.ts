import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openRunDirectory, type RunDirectory } from './run-directory.ts';

/** `.local` of this repository, whose cache has the jars already. */
export const LOCAL_DIRECTORY = resolve(import.meta.dirname, '..', '..', '..', '.local');

/** A run for one test file, beside the one of the whole test run; removed afterwards with everything in it. */
export async function openTestRun(name: string): Promise<RunDirectory> {
  return openRunDirectory({ localDirectory: LOCAL_DIRECTORY, name: `test-${name}` });
}

/** An empty folder for one test. */
export async function makeScratch(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'orderflow-test-'));
  return { path, remove: async () => rm(path, { recursive: true, force: true }) };
}
