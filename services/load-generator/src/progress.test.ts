import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { renderProgress, startProgress, type ProgressMode, type ProgressSample } from './progress.ts';

const sample: ProgressSample = {
  elapsedMs: 12_000,
  sent: 12_000,
  accepted: 11_990,
  failed: 1,
  inFlight: 9,
  latencyBuckets: [],
  p50Ms: 3.1472,
  p99Ms: 8.2,
};

test('a line tells the rate since the one before', () => {
  const previous = { ...sample, elapsedMs: 10_000, sent: 8000 };
  const counts = 'sent 12000  accepted 11990  failed 1';
  expect(renderProgress(sample, previous).trim()).toBe(`12 s  ${counts}  2000/s  p50 3.1 ms  p99 8.2 ms  in flight 9`);
  expect(renderProgress(sample, undefined)).toContain('1000/s');
  expect(renderProgress(sample, sample)).toContain('  0/s');
});

/** What is written in ten seconds of progress, and after its end. */
function watch(mode: ProgressMode, isTTY: boolean) {
  const out: string[] = [];
  const err: string[] = [];
  const stdout = { write: (text: string) => out.push(text) };
  const stderr = { write: (text: string) => err.push(text), isTTY };
  const stop = startProgress(mode, { sample: () => sample, stdout, stderr });
  jest.advanceTimersByTime(10_000);
  stop();
  jest.advanceTimersByTime(10_000);
  return { out, err };
}

describe('startProgress', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  test('json: a line per second on stdout, and a last one with the final counts', () => {
    const { out, err } = watch('json', true);
    expect(out).toHaveLength(11);
    expect(JSON.parse(out.at(-1) ?? '')).toEqual(sample);
    expect(out.every((line) => line.endsWith('}\n'))).toBe(true);
    expect(err).toEqual([]);
  });

  test('plain: a line every five seconds on stderr', () => {
    const { out, err } = watch('plain', true);
    expect(err).toHaveLength(2);
    expect(err.every((line) => line.endsWith('\n'))).toBe(true);
    expect(out).toEqual([]);
  });

  test('tty: one line that is written over each second and wiped at the end', () => {
    const { err } = watch('tty', false);
    expect(err).toHaveLength(11);
    expect(err.every((text) => text.startsWith('\r') && !text.includes('\n'))).toBe(true);
    expect(err.at(-1)).toBe('\r\u001B[2K');
  });

  test('auto is tty on a terminal and plain elsewhere', () => {
    expect(watch('auto', true).err).toHaveLength(11);
    expect(watch('auto', false).err).toHaveLength(2);
  });

  test('off is silent', () => {
    expect(watch('off', true)).toEqual({ out: [], err: [] });
  });
});
