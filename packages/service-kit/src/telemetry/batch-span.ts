import {
  context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Link,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import type { TraceContext } from '../trace-context.ts';
import { childrenOf, toSpanContext } from './span-contexts.ts';
import type { TracedBatch } from './tracing.ts';

/** More links than this help nobody, and a span may have no more by default (OTEL_SPAN_LINK_COUNT_LIMIT). */
export const MAX_LINKS = 128;

/** Items whose traces are recorded, with these traces. */
interface SampledItem<Item> {
  readonly item: Item;
  readonly trace: TraceContext;
}

const KINDS = { internal: SpanKind.INTERNAL, consumer: SpanKind.CONSUMER } as const;

/** See `runBatch` of tracing.ts. */
export async function runBatch<Item, Result>(
  tracer: Tracer,
  batch: TracedBatch<Item>,
  work: () => Promise<Result>,
): Promise<Result> {
  const sampled = sampledItems(batch);
  const [first, ...others] = sampled;
  // Not in the context of whoever happened to wake this work up.
  if (first === undefined) return context.with(ROOT_CONTEXT, work);
  const attributes = { 'orderflow.batch.size': batch.items.length, 'orderflow.batch.sampled': sampled.length };
  if (others.length === 0) {
    const only = startItemSpan(tracer, batch, first).setAttributes(attributes);
    return endWith([only], trace.setSpan(ROOT_CONTEXT, only), work);
  }
  const span = tracer.startSpan(batch.name, { attributes, links: linksTo(sampled) }, ROOT_CONTEXT);
  const link = { context: span.spanContext() };
  const itemSpans = sampled.map((one) => startItemSpan(tracer, batch, one).addLink(link));
  return endWith([span, ...itemSpans], trace.setSpan(ROOT_CONTEXT, span), work);
}

function sampledItems<Item>(batch: TracedBatch<Item>): SampledItem<Item>[] {
  const sampled: SampledItem<Item>[] = [];
  for (const item of batch.items) {
    const of = batch.traceOf(item);
    if (of?.sampled === true) sampled.push({ item, trace: of });
  }
  return sampled;
}

function startItemSpan<Item>(tracer: Tracer, { item }: TracedBatch<Item>, sampled: SampledItem<Item>): Span {
  const isChild = item.relation !== 'link';
  return tracer.startSpan(
    item.name,
    {
      kind: KINDS[item.kind],
      attributes: { ...item.attributesOf?.(sampled.item) },
      links: isChild ? [] : linksTo([sampled]),
    },
    childrenOf(isChild ? sampled.trace : undefined),
  );
}

/** Links to the traces of the first of them. */
export function linksTo(sampled: readonly { readonly trace: TraceContext }[]): Link[] {
  return sampled.slice(0, MAX_LINKS).map((one) => ({ context: toSpanContext(one.trace) }));
}

/** Does the work in a context and ends the spans with it. An error leaves its class, never its text, which may quote data. */
export async function endWith<Result>(
  spans: readonly Span[],
  workContext: Context,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await context.with(workContext, work);
  } catch (error: unknown) {
    const type = error instanceof Error ? error.name : 'unknown';
    for (const span of spans) span.setAttribute('error.type', type).setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    for (const span of spans) span.end();
  }
}
