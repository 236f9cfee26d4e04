import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ensureCached } from './cache-entry.ts';
import { makeScratch } from './own-run.fixture.ts';
import { silentProgress } from './progress.ts';

let scratch: Awaited<ReturnType<typeof makeScratch>>;
beforeEach(async () => {
  scratch = await makeScratch();
});
afterEach(async () => {
  await scratch.remove();
});

function cacheEntry(fill: (staging: string) => Promise<void>) {
  return { target: join(scratch.path, 'jars'), what: 'jars', log: silentProgress, fill };
}

async function write(staging: string): Promise<void> {
  await writeFile(join(staging, 'a.jar'), 'whole');
}

test('several first starts at once fill the cache once, and each gets it whole', async () => {
  let fills = 0;
  const entry = cacheEntry(async (staging) => {
    fills += 1;
    await write(staging);
  });
  const targets = await Promise.all([ensureCached(entry), ensureCached(entry), ensureCached(entry)]);
  expect(fills).toBe(1);
  for (const target of targets) expect(await readFile(join(target, 'a.jar'), 'utf8')).toBe('whole');
  expect(await readdir(scratch.path)).toEqual(['jars']);
});

test('a download that breaks off leaves nothing behind, and the next start tries again', async () => {
  const broken = cacheEntry(async (staging) => {
    await write(staging);
    throw new Error('connection reset');
  });
  await expect(ensureCached(broken)).rejects.toThrow('connection reset');
  expect(await readdir(scratch.path)).toEqual([]);
  await ensureCached(cacheEntry(write));
  expect(await readdir(scratch.path)).toEqual(['jars']);
});

test('the lock of a process that was killed is taken over', async () => {
  const entry = cacheEntry(write);
  await mkdir(`${entry.target}.lock`);
  await writeFile(join(`${entry.target}.lock`, 'owner.json'), JSON.stringify({ pid: process.pid, startTime: 'other' }));
  await ensureCached(entry);
  expect(await readdir(scratch.path)).toEqual(['jars']);
});
