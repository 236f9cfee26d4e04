import { randomFillSync } from 'node:crypto';

/** W3C Trace Context (https://www.w3.org/TR/trace-context/), carried as data from the edge to the last consumer. */
export interface TraceContext {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hex digits, not all zero. */
  readonly spanId: string;
  readonly sampled: boolean;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** The context of a `traceparent` header, or undefined when there is none or it breaks the specification. */
export function parseTraceparent(header: string | undefined): TraceContext | undefined {
  const match = header === undefined ? null : TRACEPARENT.exec(header);
  if (match === null) return undefined;
  const [, version, traceId = '', spanId = '', flags = '', rest] = match;
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export function formatTraceparent({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}

/** A fresh trace. */
export function newTraceContext(): TraceContext {
  const hex = randomHex(24);
  return { traceId: hex.slice(0, 32), spanId: hex.slice(32), sampled: true };
}

/** The next span within a trace. */
export function childTraceContext(parent: TraceContext): TraceContext {
  return { ...parent, spanId: randomHex(8) };
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
