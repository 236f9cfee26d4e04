import {
  context,
  createContextKey,
  INVALID_SPAN_CONTEXT,
  ROOT_CONTEXT,
  SpanKind,
  trace,
  type Context,
  type Link,
  type Span,
  type SpanOptions,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';
import type { OutgoingMessage } from '../kafka/port.ts';
import { parseSampledTraceparent, traceFieldsOf, type TraceContext } from '../trace-context.ts';
import { endWith, linksTo } from './batch-span.ts';
import { childrenOf } from './span-contexts.ts';
import type { TracedSend } from './tracing.ts';

/** What is known of the messages of a request to Kafka, in their order, while kafkajs's instrumentation walks over them. */
class Publication {
  readonly link: Link;
  readonly #traces: readonly (TraceContext | undefined)[];
  #next = 0;

  constructor(link: Link, traces: readonly (TraceContext | undefined)[]) {
    this.link = link;
    this.#traces = traces;
  }

  /** The trace of the next message, when it is recorded. */
  takeTrace(): TraceContext | undefined {
    const next = this.#traces[this.#next];
    this.#next += 1;
    return next;
  }
}

const PUBLICATION = createContextKey('orderflow publication');
const UNRECORDED = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);

/** A message that kafkajs is about to encode; its instrumentation writes into the headers. */
interface HeaderedMessage {
  readonly headers?: Record<string, unknown>;
}

/** What `sendMessages` keeps of a message until the instrumentation has been at it. */
interface Carried {
  readonly trace: TraceContext;
  readonly link: Link;
}

const carried = new WeakMap<object, Carried>();

/**
 * Sends messages below a span that links to the orders whose events these are. It has a trace of its own; what stands in
 * an order's trace is the `send` span that kafkajs's instrumentation makes through `perMessageTracers`.
 */
export async function sendMessages<Result>(
  tracer: Tracer,
  { topic, messages }: TracedSend,
  work: () => Promise<Result>,
): Promise<Result> {
  const traces = messages.map(traceOfMessage);
  const sampled = traces.flatMap((one) => (one === undefined ? [] : [{ trace: one }]));
  if (sampled.length === 0) return context.with(ROOT_CONTEXT, work);
  const attributes = {
    'messaging.system': 'kafka',
    'messaging.operation.name': 'publish',
    'messaging.destination.name': topic,
    'messaging.batch.message_count': messages.length,
    'orderflow.batch.sampled': sampled.length,
  };
  const options = { kind: SpanKind.CLIENT, attributes, links: linksTo(sampled) };
  const span = tracer.startSpan(`publish ${topic}`, options, ROOT_CONTEXT);
  const link = { context: span.spanContext() };
  for (const [index, one] of traces.entries()) {
    const message = messages[index];
    if (message !== undefined && one !== undefined) carried.set(message, { trace: one, link });
  }
  const publication = new Publication(link, traces);
  return endWith([span], trace.setSpan(ROOT_CONTEXT, span).setValue(PUBLICATION, publication), work);
}

/** The trace that a message belongs to, when it is recorded. */
function traceOfMessage({ headers }: Pick<OutgoingMessage, 'headers'>): TraceContext | undefined {
  return parseSampledTraceparent(headers?.['traceparent'], headers?.['tracestate']);
}

/**
 * For kafkajs's instrumentation, which would put the spans of all messages below one parent, sampled or not: a span for
 * each message whose order is recorded, in that order's trace, and none for the others. The instrumentation asks for
 * one span per message, in their order and before it sends.
 */
export function perMessageTracers(provider: TracerProvider): TracerProvider {
  return {
    getTracer: (...scope) => {
      const tracer = provider.getTracer(...scope);
      const startSpan = (name: string, options: SpanOptions = {}, parent: Context = context.active()): Span => {
        const publication = parent.getValue(PUBLICATION);
        const of = publication instanceof Publication ? publication.takeTrace() : undefined;
        return of === undefined ? UNRECORDED : tracer.startSpan(name, options, childrenOf(of));
      };
      return { startSpan, startActiveSpan: tracer.startActiveSpan.bind(tracer) };
    },
  };
}

/**
 * The instrumentation has just written the context of its `send` span into the message's headers. What lies in the
 * outbox row is what travels: a message that is sent twice, or by another process, is the same message.
 */
export function restoreCarriedContext(span: Span, message: HeaderedMessage): void {
  const kept = carried.get(message);
  if (kept === undefined || message.headers === undefined) return;
  const { traceparent, tracestate } = traceFieldsOf(kept.trace);
  message.headers['traceparent'] = traceparent;
  if (tracestate === null) delete message.headers['tracestate'];
  else message.headers['tracestate'] = tracestate;
  span.addLink(kept.link);
}
