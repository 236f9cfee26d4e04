import type { IncomingHttpHeaders } from 'node:http';
import {
  childTraceContext,
  newTraceContext,
  parseTraceparent,
  type TraceContext,
} from '@orderflow/service-kit/trace-context';

export interface RequestTrace {
  /** What is sent upstream. */
  readonly context: TraceContext;
  /** The trace id that a caller gave and that was not continued: a link for whoever follows both sides. */
  readonly linkedTraceId: string | undefined;
}

/**
 * The trace of a request. A stranger's traceparent is not continued (he could force the sampling of everything, or write
 * into somebody else's trace): the request begins a new, sampled trace which is linked to his. While tracing is on, the
 * context is that of the request's span, which was made by the same rule.
 */
export function startTrace(headers: IncomingHttpHeaders, trusted: boolean, active?: TraceContext): RequestTrace {
  const caller = parseTraceparent(headers['traceparent'], headers['tracestate']);
  const linkedTraceId = trusted ? undefined : caller?.traceId;
  if (active !== undefined) return { context: active, linkedTraceId };
  if (caller !== undefined && trusted) return { context: childTraceContext(caller), linkedTraceId };
  return { context: newTraceContext(), linkedTraceId };
}
