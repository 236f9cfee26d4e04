import type { IncomingMessage, ServerResponse } from 'node:http';
import { context, SpanKind, SpanStatusCode, trace, type Context, type Span, type Tracer } from '@opentelemetry/api';
import { getRPCMetadata, RPCType, setRPCMetadata } from '@opentelemetry/core';
import { newTraceContext, parseTraceparent, type TraceContext } from '../trace-context.ts';
import type { OrderSampler } from './order-sampler.ts';
import { childrenOf, toSpanContext } from './span-contexts.ts';
import type { TraceIds } from './trace-ids.ts';
import type { CallerTrace, TracedRequest } from './tracing.ts';

/** How a request's span stands to its caller's. */
export interface ServerSpanPlan {
  readonly parent?: TraceContext;
  /** Noted after the span was made: a stranger's flags have no say in its sampling. */
  readonly link?: TraceContext;
}

export function planServerSpan(caller: TraceContext | undefined, policy: CallerTrace): ServerSpanPlan {
  if (caller === undefined) return {};
  return policy === 'continue' ? { parent: caller } : { link: caller };
}

const SERVER = { kind: SpanKind.SERVER } as const;

/** What server spans are made with. */
export interface ServerSpanParts {
  readonly tracer: Tracer;
  readonly sampler: Pick<OrderSampler, 'followsParent' | 'keepsTrace'>;
  readonly ids: Pick<TraceIds, 'reserve'>;
}

/**
 * Answers a request within a span. Not left to the http instrumentation: it costs 27 us for a request that is not
 * recorded (it wraps every listener of request and answer), and the order path is two requests. Here such a request
 * does not even reach the SDK: it is only answered in a context that says so.
 */
export function serveRequest(parts: ServerSpanParts, traced: TracedRequest, handle: () => void): void {
  const { request, response, caller: policy } = traced;
  const { traceparent, tracestate } = request.headers;
  const { parent, link } = planServerSpan(parseTraceparent(traceparent, tracestate), policy);
  const { tracer, sampler } = parts;
  if (sampler.followsParent) {
    const unrecorded = parent === undefined ? beginUnrecorded(parts) : parent.sampled ? undefined : parent;
    if (unrecorded !== undefined) {
      context.with(childrenOf(unrecorded), handle);
      return;
    }
  }
  const parentContext = childrenOf(parent);
  const span = tracer.startSpan(request.method ?? 'GET', SERVER, parentContext);
  let spanContext = trace.setSpan(parentContext, span);
  if (span.isRecording()) {
    spanContext = setRPCMetadata(spanContext, { type: RPCType.HTTP, span });
    if (link !== undefined) span.addLink({ context: toSpanContext(link) });
    describeRequest(span, request);
    response.once('close', () => endSpan(span, response, spanContext));
  }
  context.with(spanContext, handle);
}

/** A trace that is not recorded; undefined when the next one that is begun will be, by the id that was drawn here. */
function beginUnrecorded({ sampler, ids }: ServerSpanParts): TraceContext | undefined {
  const drawn = newTraceContext();
  if (!sampler.keepsTrace(drawn.traceId)) return { ...drawn, sampled: false };
  ids.reserve(drawn.traceId);
  return undefined;
}

/** Neither the query, in which customers are asked for, nor any header. */
function describeRequest(span: Span, { method = 'GET', url = '/', httpVersion }: IncomingMessage): void {
  span.setAttributes({
    'http.request.method': method,
    'url.path': url.split('?', 1)[0] ?? '/',
    'url.scheme': 'http',
    'network.protocol.version': httpVersion,
  });
}

function endSpan(span: Span, response: ServerResponse, spanContext: Context): void {
  const method = response.req.method ?? 'GET';
  const route = getRPCMetadata(spanContext)?.route;
  if (route !== undefined) span.updateName(`${method} ${route}`).setAttribute('http.route', route);
  if (response.headersSent) span.setAttribute('http.response.status_code', response.statusCode);
  if (!response.writableFinished) span.setAttribute('error.type', 'client_gone');
  if (response.statusCode >= 500) {
    span.setAttribute('error.type', String(response.statusCode)).setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}

/** Says to the span of the request that is being answered which route that is. */
export function nameRoute(route: string): void {
  const metadata = getRPCMetadata(context.active());
  if (metadata !== undefined) metadata.route = route;
}
