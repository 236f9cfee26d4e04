import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { superviseProcess, waitUntilReady, type SupervisedProcess } from './child-process.ts';
import { openTestRun } from './own-run.fixture.ts';
import { openRunDirectory, type RunDirectory } from './run-directory.ts';
import { makeScratch } from './own-run.fixture.ts';

let run: RunDirectory;
beforeAll(async () => {
  run = await openTestRun('child-process');
});
afterAll(async () => {
  await run.remove();
});

async function superviseScript(name: string, script: string, stopDeadlineMs = 10_000): Promise<SupervisedProcess> {
  return superviseProcess({ name, command: process.execPath, args: ['-e', script], run, stopDeadlineMs });
}

const STAY = 'setInterval(() => {}, 1000);';

test('a child is in a process group of its own, so that Ctrl-C reaches its supervisor only', async () => {
  const child = await superviseScript('group', STAY);
  const processGroup = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[2];
  expect(processGroup).toBe(String(child.pid));
  await child.stop();
  expect(await child.exited).toEqual({ code: null, signal: 'SIGTERM' });
});

test('stop() kills a child that does not listen, and may be called again', async () => {
  const child = await superviseScript('deaf', `process.on('SIGTERM', () => {}); console.log('up'); ${STAY}`, 100);
  await waitUntilReady(child, { isReady: child.watchFor('up'), deadlineMs: 10_000 });
  await Promise.all([child.stop(), child.stop()]);
  await child.stop();
  expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' });
});

test('stop() ends a child that is paused', async () => {
  const child = await superviseScript('paused', STAY);
  child.pause();
  await child.stop();
  expect(await child.exited).toEqual({ code: null, signal: 'SIGTERM' });
});

test('a child that dies before it is ready is reported with its last words and its log', async () => {
  const child = await superviseScript('mortal', "console.error('no space left'); process.exitCode = 3;");
  await expect(waitUntilReady(child, { isReady: () => false, deadlineMs: 10_000 })).rejects.toMatchObject({
    code: 'CHILD_EXITED',
    message: 'mortal ended with exit code 3.',
    fix: expect.stringContaining(child.logFile),
    details: 'no space left',
  });
});

test('a child that never gets ready is stopped and reported', async () => {
  const child = await superviseScript('lazy', `console.log('still at it'); ${STAY}`);
  await waitUntilReady(child, { isReady: child.watchFor('still'), deadlineMs: 10_000 });
  await expect(waitUntilReady(child, { isReady: () => false, deadlineMs: 0 })).rejects.toMatchObject({
    code: 'CHILD_NOT_READY',
    details: 'still at it',
  });
  expect(await child.exited).toEqual({ code: null, signal: 'SIGTERM' });
});

test('a command that does not exist is named', async () => {
  const missing = superviseProcess({ name: 'ghost', command: '/nowhere/ghost', args: [], run });
  await expect(missing).rejects.toMatchObject({
    code: 'COMMAND_FAILED',
    message: expect.stringContaining('/nowhere/ghost does not run'),
  });
});

test('an aborted run starts nothing more, and ends what is on its way up', async () => {
  const abort = new AbortController();
  const scratch = await makeScratch();
  const aborted = await openRunDirectory({ localDirectory: scratch.path, name: 'aborted', signal: abort.signal });
  const options = { name: 'late', command: process.execPath, args: ['-e', STAY], run: aborted };
  const child = await superviseProcess(options);
  const ready = waitUntilReady(child, { isReady: () => false, deadlineMs: 60_000 });
  abort.abort();
  await expect(ready).rejects.toMatchObject({ code: 'RUN_ABORTED' });
  await expect(superviseProcess(options)).rejects.toMatchObject({ code: 'RUN_ABORTED' });
  expect(await child.exited).toEqual({ code: null, signal: 'SIGTERM' });
  await scratch.remove();
});
