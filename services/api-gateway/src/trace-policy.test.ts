import { describe, expect, test } from '@jest/globals';
import { startTrace } from './trace-policy.ts';

const callerTraceId = '0af7651916cd43dd8448eb211c80319c';
const unsampled = `00-${callerTraceId}-b7ad6b7169203331-00`;

describe('startTrace', () => {
  test("does not continue a stranger's trace but links to it", () => {
    const { context, linkedTraceId } = startTrace({ traceparent: unsampled, tracestate: 'a=1' }, false);
    expect(context.traceId).not.toBe(callerTraceId);
    expect(context.sampled).toBe(true);
    expect(context.tracestate).toBeUndefined();
    expect(linkedTraceId).toBe(callerTraceId);
  });

  test('is the trace of the span that the request has, while tracing is on', () => {
    const active = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), sampled: false };
    const linked = startTrace({ traceparent: unsampled }, false, active);
    expect(linked).toEqual({ context: active, linkedTraceId: callerTraceId });
    expect(startTrace({ traceparent: unsampled }, true, active).linkedTraceId).toBeUndefined();
  });

  test('continues the trace of a trusted caller with a span of its own', () => {
    const { context, linkedTraceId } = startTrace({ traceparent: unsampled, tracestate: 'a=1' }, true);
    expect(context).toMatchObject({ traceId: callerTraceId, sampled: false, tracestate: 'a=1' });
    expect(context.spanId).not.toBe('b7ad6b7169203331');
    expect(linkedTraceId).toBeUndefined();
  });

  test.each([
    undefined,
    '',
    'nonsense',
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    `ff-${callerTraceId}-b7ad6b7169203331-01`,
  ])('begins a trace without a link for %j', (traceparent) => {
    for (const trusted of [false, true]) {
      const { context, linkedTraceId } = startTrace({ traceparent }, trusted);
      expect(context.traceId).toMatch(/^[0-9a-f]{32}$/);
      expect(context.spanId).toMatch(/^[0-9a-f]{16}$/);
      expect(linkedTraceId).toBeUndefined();
    }
  });

  test('gives every request a trace of its own', () => {
    const ids = Array.from({ length: 1_000 }, () => startTrace({}, false).context);
    expect(new Set(ids.map(({ traceId }) => traceId)).size).toBe(1_000);
    expect(new Set(ids.map(({ spanId }) => spanId)).size).toBe(1_000);
  });
});
