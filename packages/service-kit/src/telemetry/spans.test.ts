import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { context, propagation, SpanKind, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { formatTraceparent, newTraceContext, type TraceContext } from '../trace-context.ts';
import { MAX_LINKS, runBatch } from './batch-span.ts';
import { perMessageTracers, restoreCarriedContext, sendMessages } from './message-spans.ts';
import { OrderSampler } from './order-sampler.ts';
import { planServerSpan } from './server-span.ts';
import type { TracedBatch } from './tracing.ts';

const exporter = new InMemorySpanExporter();
const provider = new TracerProvider({
  sampler: new OrderSampler({ ratio: 1, followsParent: true }),
  spanProcessors: [new SimpleSpanProcessor({ exporter })],
});
const tracer: Tracer = provider.getTracer('test');

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
});
afterEach(() => exporter.reset());
afterAll(() => {
  context.disable();
  propagation.disable();
});

const sampled = newTraceContext;
const unsampled = (): TraceContext => ({ ...newTraceContext(), sampled: false });
const recorded = () => exporter.getFinishedSpans();
const named = (name: string) => recorded().filter((span) => span.name === name);

const batchOf = (items: readonly TraceContext[], relation?: 'child' | 'link'): TracedBatch<TraceContext> => ({
  name: 'batch',
  items,
  traceOf: (item) => item,
  item: { name: 'item', kind: 'consumer', ...(relation !== undefined && { relation }) },
});

/** What a database's instrumentation does. */
async function query(): Promise<void> {
  tracer.startSpan('query', { kind: SpanKind.CLIENT }).end();
}

describe('runBatch', () => {
  test('gives each sampled item a span in its trace, and the work one span that they link to each other', async () => {
    const items = [sampled(), unsampled(), sampled()];
    await runBatch(tracer, batchOf(items), query);
    const [batch] = named('batch');
    expect(named('item').map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual([
      items[0]?.spanId,
      items[2]?.spanId,
    ]);
    expect(named('item').map(({ links }) => links[0]?.context.spanId)).toEqual(
      Array.from({ length: 2 }, () => batch?.spanContext().spanId),
    );
    expect(batch?.links.map((link) => link.context.traceId)).toEqual([items[0]?.traceId, items[2]?.traceId]);
    expect(named('query')[0]?.parentSpanContext?.spanId).toBe(batch?.spanContext().spanId);
  });

  test('the work for a single sampled item stands in its trace', async () => {
    const item = sampled();
    await runBatch(tracer, batchOf([unsampled(), item]), query);
    expect(new Set(recorded().map((span) => span.spanContext().traceId))).toEqual(new Set([item.traceId]));
    expect(named('query')[0]?.parentSpanContext?.spanId).toBe(named('item')[0]?.spanContext().spanId);
    expect(named('batch')).toEqual([]);
  });

  test('an item that is to be linked begins a trace', async () => {
    const item = sampled();
    await runBatch(tracer, batchOf([item], 'link'), query);
    const [span] = named('item');
    expect(span?.spanContext().traceId).not.toBe(item.traceId);
    expect(span?.links.map((link) => link.context.spanId)).toEqual([item.spanId]);
  });

  test('records nothing for what is not sampled, whoever woke the work up', async () => {
    const bystander = tracer.startSpan('bystander', { kind: SpanKind.SERVER });
    const inBystander = trace.setSpan(context.active(), bystander);
    await context.with(inBystander, async () =>
      runBatch(tracer, batchOf([unsampled()]), async () => {
        expect(trace.getSpan(context.active())).toBeUndefined();
      }),
    );
    expect(recorded()).toEqual([]);
  });

  test('bounds the links and not the spans', async () => {
    await runBatch(tracer, batchOf(Array.from({ length: MAX_LINKS + 10 }, sampled)), query);
    expect(named('batch')[0]?.links).toHaveLength(MAX_LINKS);
    expect(named('item')).toHaveLength(MAX_LINKS + 10);
  });

  test('an error is passed on, and leaves its class but not its text', async () => {
    const failing = runBatch(tracer, batchOf([sampled(), sampled()]), () =>
      Promise.reject(new RangeError('a value that nobody may see')),
    );
    await expect(failing).rejects.toThrow(RangeError);
    for (const span of recorded()) {
      expect(span.status).toEqual({ code: SpanStatusCode.ERROR });
      expect(span.attributes['error.type']).toBe('RangeError');
      expect(span.events).toEqual([]);
    }
  });
});

describe('sendMessages', () => {
  const messageOf = (of: TraceContext | undefined, key = 'order') => ({
    key,
    value: '{}',
    headers: {
      'event-id': 'id',
      ...(of !== undefined && { traceparent: formatTraceparent(of) }),
      ...(of?.tracestate !== undefined && { tracestate: of.tracestate }),
    } as Record<string, string>,
  });

  /** What kafkajs's instrumentation does with the messages of a request. */
  async function instrumentedSend(messages: readonly ReturnType<typeof messageOf>[]): Promise<void> {
    const messageTracer = perMessageTracers(provider).getTracer('kafkajs');
    const spans = messages.map((message) => {
      const span = messageTracer.startSpan('send topic', { kind: SpanKind.PRODUCER });
      propagation.inject(trace.setSpan(context.active(), span), message.headers);
      restoreCarriedContext(span, message);
      return span;
    });
    for (const span of spans) span.end();
  }

  test('every message arrives with the context of its row, also after the instrumentation has been at it', async () => {
    const contexts = [sampled(), unsampled(), undefined, { ...sampled(), tracestate: 'vendor=1' }];
    const messages = contexts.map((of) => messageOf(of));
    const before = structuredClone(messages);
    await sendMessages(tracer, { topic: 'topic', messages }, () => instrumentedSend(messages));
    expect(messages).toEqual(before);
  });

  test('a message of a sampled order has a span in that trace, linked to the request; the others have none', async () => {
    const contexts = [unsampled(), sampled(), undefined, sampled()];
    const messages = contexts.map((of) => messageOf(of)); // one key: two changes of one order may share a batch
    await sendMessages(tracer, { topic: 'topic', messages }, () => instrumentedSend(messages));
    const [publish] = named('publish topic');
    expect(named('send topic').map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual([
      contexts[1]?.spanId,
      contexts[3]?.spanId,
    ]);
    for (const { links } of named('send topic')) expect(links[0]?.context.spanId).toBe(publish?.spanContext().spanId);
    expect(publish?.links.map((link) => link.context.spanId)).toEqual([contexts[1]?.spanId, contexts[3]?.spanId]);
  });

  test('sending what no sampled order is in records nothing', async () => {
    const messages = [messageOf(unsampled()), messageOf(undefined)];
    await sendMessages(tracer, { topic: 'topic', messages }, () => instrumentedSend(messages));
    expect(recorded()).toEqual([]);
  });
});

describe('planServerSpan', () => {
  test("a stranger's span is a link, that of a caller of this system the parent", () => {
    const caller = sampled();
    expect(planServerSpan(caller, 'link')).toEqual({ link: caller });
    expect(planServerSpan(caller, 'continue')).toEqual({ parent: caller });
    expect(planServerSpan(undefined, 'link')).toEqual({});
  });
});
