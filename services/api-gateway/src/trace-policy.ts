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
 * into somebody else's trace): the request begins a new, sampled trace which is linked to his.
 */
export function startTrace(traceparent: string | undefined, trusted: boolean): RequestTrace {
  const caller = parseTraceparent(traceparent);
  if (caller !== undefined && trusted) return { context: childTraceContext(caller), linkedTraceId: undefined };
  return { context: newTraceContext(), linkedTraceId: caller?.traceId };
}
