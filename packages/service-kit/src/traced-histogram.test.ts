import { expect, test } from '@jest/globals';
import { Registry } from './metrics.ts';
import { newTraceContext, type TraceContext } from './trace-context.ts';
import { TracedHistogram } from './traced-histogram.ts';

function create() {
  const registry = new Registry();
  let nowMs = 0;
  const histogram = new TracedHistogram(registry, {
    name: 'wait_seconds',
    help: 'Waits.',
    buckets: [1, 5],
    nowMs: () => nowMs,
  });
  return {
    observe: (seconds: number, context?: TraceContext) =>
      histogram.observe({ labels: {}, seconds, trace: () => context }),
    pass: (ms: number) => (nowMs += ms),
    bucket: async (bound: string) => {
      const text = await registry.metrics();
      return text.split('\n').find((line) => line.startsWith(`wait_seconds_bucket{le="${bound}"}`));
    },
  };
}

test('a bucket names the trace of an observation that fell into it', async () => {
  const { observe, bucket } = create();
  const context = newTraceContext();
  observe(2, context);
  expect(await bucket('5')).toMatch(new RegExp(`^\\S+ 1 # {trace_id="${context.traceId}"} 2 `));
  expect(await bucket('1')).toBe('wait_seconds_bucket{le="1"} 0');
});

test('a bucket takes another trace after a second, and counts all observations meanwhile', async () => {
  const { observe, pass, bucket } = create();
  const [first, second, third] = [newTraceContext(), newTraceContext(), newTraceContext()];
  observe(0.5, first);
  observe(0.5, second);
  expect(await bucket('1')).toContain(` 2 # {trace_id="${first.traceId}"}`);
  pass(1_000);
  observe(0.5, third);
  expect(await bucket('1')).toContain(` 3 # {trace_id="${third.traceId}"}`);
});

test('a slow observation is an example also right after a fast one', async () => {
  const { observe, bucket } = create();
  const slow = newTraceContext();
  observe(0.5, newTraceContext());
  observe(60, slow);
  expect(await bucket('+Inf')).toContain(`trace_id="${slow.traceId}"`);
});

test('a trace that nobody recorded is no example, and does not keep the next one from being it', async () => {
  const { observe, bucket } = create();
  const recorded = newTraceContext();
  observe(2, { ...newTraceContext(), sampled: false });
  observe(2);
  expect(await bucket('5')).toBe('wait_seconds_bucket{le="5"} 2');
  observe(2, recorded);
  expect(await bucket('5')).toContain(`trace_id="${recorded.traceId}"`);
});
