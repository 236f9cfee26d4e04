import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { makeScratch } from './own-run.fixture.ts';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts';
import { openRunDirectory } from './run-directory.ts';
import { until } from './until.ts';

let scratch: Awaited<ReturnType<typeof makeScratch>>;
beforeEach(async () => {
  scratch = await makeScratch();
});
afterEach(async () => {
  await scratch.remove();
});

const modules = (name: string): string => JSON.stringify(join(import.meta.dirname, name));

/** A process of its own that opens a run named `demo` with one child, and then stays. */
async function startSupervisor(): Promise<{ crash: () => Promise<void>; child: ProcessIdentity; path: string }> {
  const script = `
    const { openRunDirectory } = await import(${modules('run-directory.ts')});
    const { superviseProcess } = await import(${modules('child-process.ts')});
    const run = await openRunDirectory({ localDirectory: ${JSON.stringify(scratch.path)}, name: 'demo' });
    const args = ['-e', 'setInterval(() => {}, 1000)'];
    const child = await superviseProcess({ name: 'child', command: process.execPath, args, run });
    console.log(JSON.stringify({ pid: child.pid, path: run.path }));`;
  const supervisor = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(supervisor.stdout, 'data');
  const { pid, path } = JSON.parse(String(line)) as { pid: number; path: string };
  const child = identifyProcess(pid);
  if (child === undefined) throw new Error('the child does not run');
  const crash = async (): Promise<void> => {
    supervisor.kill('SIGKILL');
    await once(supervisor, 'close');
  };
  return { crash, child, path };
}

test('after the supervisor was killed, the next start stops its children and removes its folder', async () => {
  const killed = await startSupervisor();
  await killed.crash();
  expect(isRunning(killed.child)).toBe(true);

  const run = await openRunDirectory({ localDirectory: scratch.path, name: 'demo' });
  await until(() => !isRunning(killed.child), { what: 'the orphan has ended' });
  expect(existsSync(killed.path)).toBe(false);
  expect(await readdir(join(scratch.path, 'run'))).toEqual([`demo-${process.pid}`]);
  await run.remove();
});

test('a live run beside this one is untouched', async () => {
  const other = await startSupervisor();
  const run = await openRunDirectory({ localDirectory: scratch.path, name: 'demo' });
  expect(isRunning(other.child)).toBe(true);
  await run.remove();
  expect(existsSync(other.path)).toBe(true);
  await other.crash();
  await (await openRunDirectory({ localDirectory: scratch.path, name: 'demo' })).remove();
  expect(isRunning(other.child)).toBe(false);
});
