import { describe, expect, test } from '@jest/globals';
import { ROOT_CONTEXT, SpanKind, trace, TraceFlags, type Context } from '@opentelemetry/api';
import { SamplingDecision } from '@opentelemetry/sdk-trace';
import { OrderSampler } from './order-sampler.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

function contextOf(traceFlags: TraceFlags, isRemote = true) {
  return { traceId: TRACE_ID, spanId: 'b7ad6b7169203331', traceFlags, isRemote };
}
const childOf = (traceFlags: TraceFlags, isRemote = true): Context =>
  trace.setSpanContext(ROOT_CONTEXT, contextOf(traceFlags, isRemote));

interface Case {
  readonly ratio: number;
  readonly followsParent?: boolean;
  readonly parent?: Context;
  readonly kind?: SpanKind;
  readonly links?: readonly TraceFlags[];
}

function isKept({ ratio, followsParent = true, parent = ROOT_CONTEXT, kind = SpanKind.SERVER, links = [] }: Case) {
  const sampler = new OrderSampler({ ratio, followsParent });
  const asLinks = links.map((flags) => ({ context: contextOf(flags) }));
  const { decision } = sampler.shouldSample(parent, TRACE_ID, 'span', kind, {}, asLinks);
  return decision === SamplingDecision.RECORD_AND_SAMPLED;
}

describe('OrderSampler', () => {
  test('a request begins a trace with the chance of the ratio', () => {
    expect(isKept({ ratio: 1 })).toBe(true);
    expect(isKept({ ratio: 0 })).toBe(false);
  });

  test.each([SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.INTERNAL, SpanKind.CONSUMER])(
    'work of kind %s that nobody asked for begins no trace, whatever the ratio',
    (kind) => {
      expect(isKept({ ratio: 1, kind })).toBe(false);
      expect(isKept({ ratio: 1, kind, links: [TraceFlags.NONE] })).toBe(false);
    },
  );

  test('work for several is recorded when one of them is, whatever the ratio', () => {
    expect(isKept({ ratio: 0, kind: SpanKind.INTERNAL, links: [TraceFlags.NONE, TraceFlags.SAMPLED] })).toBe(true);
  });

  test('the decision of the parent counts, not the ratio', () => {
    expect(isKept({ ratio: 0, parent: childOf(TraceFlags.SAMPLED) })).toBe(true);
    expect(isKept({ ratio: 1, parent: childOf(TraceFlags.NONE) })).toBe(false);
  });

  test('a sampler that is not parent-based decides anew for callers, but not within the process', () => {
    expect(isKept({ ratio: 1, followsParent: false, parent: childOf(TraceFlags.NONE) })).toBe(true);
    expect(isKept({ ratio: 0, followsParent: false, parent: childOf(TraceFlags.SAMPLED) })).toBe(false);
    expect(isKept({ ratio: 0, followsParent: false, parent: childOf(TraceFlags.SAMPLED, false) })).toBe(true);
  });
});
