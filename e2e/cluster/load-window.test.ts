import { expect, test } from '@jest/globals';
import { summarizeWindow, type TimedSample } from './load-window.ts';

function sampleAt(
  atMs: number,
  counts: { sent: number; failed: number; latencies?: Record<number, number> },
): TimedSample {
  const { sent, failed, latencies = {} } = counts;
  const latencyBuckets = Object.entries(latencies).map(([ms, count]) => [Number(ms), count] as const);
  const sample = {
    elapsedMs: atMs,
    sent,
    accepted: sent - failed,
    failed,
    inFlight: 0,
    p50Ms: 0,
    p99Ms: 0,
    latencyBuckets,
  };
  return { atMs, sample };
}

const SAMPLES = [
  sampleAt(1_000, { sent: 100, failed: 0, latencies: { 5: 100 } }),
  sampleAt(2_000, { sent: 200, failed: 1, latencies: { 5: 99 } }),
  sampleAt(3_000, { sent: 300, failed: 1, latencies: { 5: 60, 900: 40 } }),
];

test('counts what happened within the window only', () => {
  expect(summarizeWindow(SAMPLES, 0, 1_000)).toEqual({ requests: 100, failed: 0, p99Ms: 5 });
  expect(summarizeWindow(SAMPLES, 1_000, 3_000)).toEqual({ requests: 200, failed: 1, p99Ms: 900 });
  expect(summarizeWindow(SAMPLES, 1_000, 2_999)).toEqual({ requests: 100, failed: 1, p99Ms: 5 });
});

test('knows nothing of a window without a sample', () => {
  expect(summarizeWindow(SAMPLES, 3_000, 9_000)).toEqual({ requests: 0, failed: 0, p99Ms: undefined });
});
