import {
  createTraceState,
  isSpanContextValid,
  ROOT_CONTEXT,
  trace,
  TraceFlags,
  type Context,
  type SpanContext,
} from '@opentelemetry/api';
import type { TraceContext } from '../trace-context.ts';

/** Between the context that travels as data and that of OpenTelemetry. */
export function toSpanContext({ traceId, spanId, sampled, tracestate }: TraceContext): SpanContext {
  return {
    traceId,
    spanId,
    traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
    ...(tracestate !== undefined && { traceState: createTraceState(tracestate) }),
  };
}

/** Undefined for the context of no span. */
export function toTraceContext(context: SpanContext): TraceContext | undefined {
  if (!isSpanContextValid(context)) return undefined;
  const { traceId, spanId, traceFlags, traceState } = context;
  const tracestate = traceState?.serialize() ?? '';
  const sampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
  return tracestate === '' ? { traceId, spanId, sampled } : { traceId, spanId, sampled, tracestate };
}

/** A context whose spans become children of the given one; without it they begin a trace. */
export function childrenOf(parent: TraceContext | undefined): Context {
  return parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, toSpanContext(parent));
}
