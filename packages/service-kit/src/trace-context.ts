import { randomFillSync } from 'node:crypto';

/** W3C Trace Context (https://www.w3.org/TR/trace-context/), carried as data from the edge to the last consumer. */
export interface TraceContext {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hex digits, not all zero. */
  readonly spanId: string;
  readonly sampled: boolean;
  /** The `tracestate` that belongs to it: the word of tracing systems to each other, passed on as it came. */
  readonly tracestate?: string;
}

/** The header fields of a trace context, as they lie in a row or a message; null: there is none. */
export interface TraceFields {
  readonly traceparent: string | null;
  readonly tracestate: string | null;
}

/** The fields of no trace. */
export const NO_TRACE: TraceFields = { traceparent: null, tracestate: null };

/** The flags of a recorded trace; what a later version appends comes after them. */
const SAMPLED_FLAGS = /^.{53}[0-9a-f][13579bdf]/;

/** Longer ones may be dropped whole (section 3.3.1.5). */
const MAX_TRACESTATE_LENGTH = 512;

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/**
 * The context of a `traceparent` and its `tracestate`, or undefined when there is none or it breaks the specification.
 * What is given twice is no trace context.
 */
export function parseTraceparent(
  header: string | readonly string[] | null | undefined,
  tracestate?: string | readonly string[] | null,
): TraceContext | undefined {
  const match = typeof header === 'string' ? TRACEPARENT.exec(header) : null;
  if (match === null) return undefined;
  const [, version, traceId = '', spanId = '', flags = '', rest] = match;
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  const context = { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
  return isTracestate(tracestate) ? { ...context, tracestate } : context;
}

/** The same, but only where the trace is recorded: most are not, and one look at the flags tells. */
export function parseSampledTraceparent(
  header: string | null | undefined,
  tracestate?: string | null,
): TraceContext | undefined {
  if (header === null || header === undefined || !SAMPLED_FLAGS.test(header)) return undefined;
  const context = parseTraceparent(header, tracestate);
  return context?.sampled === true ? context : undefined;
}

function isTracestate(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TRACESTATE_LENGTH;
}

export function formatTraceparent({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}

/** A context as it is kept in a row or a message. */
export function traceFieldsOf(context: TraceContext | undefined): TraceFields {
  if (context === undefined) return NO_TRACE;
  return { traceparent: formatTraceparent(context), tracestate: context.tracestate ?? null };
}

/** A fresh trace. */
export function newTraceContext(): TraceContext {
  const hex = randomHex(24);
  return { traceId: hex.slice(0, 32), spanId: hex.slice(32), sampled: true };
}

/** An id for a span. */
export function newSpanId(): string {
  return randomHex(8);
}

/** The next span within a trace. */
export function childTraceContext(parent: TraceContext): TraceContext {
  return { ...parent, spanId: newSpanId() };
}

/** Random bytes in stock: one call to the random source costs 15 us, and a trace begins with every request. */
const stock = Buffer.allocUnsafe(4_080);
let stockUsed = stock.length;

function randomHex(bytes: number): string {
  if (stockUsed + bytes > stock.length) {
    randomFillSync(stock);
    stockUsed = 0;
  }
  stockUsed += bytes;
  return stock.toString('hex', stockUsed - bytes, stockUsed);
}
