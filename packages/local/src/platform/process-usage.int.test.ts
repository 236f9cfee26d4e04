import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { until } from '../until.ts';
import { measureProcess, measureProcessTree, readPeakRssBytes } from './process-usage.ts';

const BUSY = 'const end = process.cpuUsage().user + 600_000; while (process.cpuUsage().user < end);';

test('a process is not charged for its children, neither while they live nor after; its tree is', async () => {
  const script = `require('node:child_process').spawnSync(process.execPath, ['-e', ${JSON.stringify(BUSY)}]); console.log('done'); setInterval(() => {}, 1e6)`;
  const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(parent.stdout, 'data');
    const pid = parent.pid ?? 0;
    const own = measureProcess(pid);
    const tree = measureProcessTree(pid);
    expect((tree?.cpuMicros ?? 0) - (own?.cpuMicros ?? 0)).toBeGreaterThanOrEqual(600_000);
    expect(own?.rssBytes).toBeGreaterThan(10_000_000);
  } finally {
    parent.kill();
    await once(parent, 'exit');
  }
});

test('the memory of a tree is that of all who live in it', async () => {
  const script = `require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)']); setInterval(() => {}, 1e6)`;
  const parent = spawn(process.execPath, ['-e', script], { stdio: 'ignore', detached: true });
  try {
    const pid = parent.pid ?? 0;
    const twoOf = (): boolean =>
      (measureProcessTree(pid)?.rssBytes ?? 0) > (measureProcess(pid)?.rssBytes ?? 0) + 10_000_000;
    await until(twoOf, { timeoutMs: 10_000, what: 'the child to be counted' });
  } finally {
    process.kill(-(parent.pid ?? 0), 'SIGKILL');
    await once(parent, 'exit');
  }
  expect(measureProcessTree(parent.pid ?? 0)).toBeUndefined();
});

test('the peak is what there once was, after it was given back', async () => {
  const script = `
    let bytes = Buffer.alloc(150_000_000, 1);
    console.log('full');
    process.stdin.once('data', () => { bytes = undefined; gc(); console.log('empty'); });`;
  const child = spawn(process.execPath, ['--expose-gc', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    await once(child.stdout, 'data');
    child.stdin.write('empty it');
    await once(child.stdout, 'data');
    const pid = child.pid ?? 0;
    await until(() => (measureProcess(pid)?.rssBytes ?? 0) < 150_000_000, { what: 'the memory is given back' });
    expect(readPeakRssBytes(pid)).toBeGreaterThan(150_000_000);
  } finally {
    child.kill();
    await once(child, 'exit');
  }
});

test('there is nothing to say of a process that does not exist', () => {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  expect(measureProcess(pid)).toBeUndefined();
  expect(readPeakRssBytes(pid)).toBeUndefined();
});
