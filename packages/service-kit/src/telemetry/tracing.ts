import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OutgoingMessage } from '../kafka/port.ts';
import type { TraceContext } from '../trace-context.ts';

/**
 * Tracing as the rest of the process sees it. Nothing of OpenTelemetry is loaded by this file: while no preload has
 * installed it, every function below does its work and nothing else.
 */
export interface Tracing {
  /** Answers a request within a server span. */
  serveRequest(exchange: TracedRequest, handle: () => void): void;
  activeTrace(): TraceContext | undefined;
  nameRoute(route: string): void;
  runBatch<Item, Result>(batch: TracedBatch<Item>, work: () => Promise<Result>): Promise<Result>;
  sendMessages<Result>(send: TracedSend, work: () => Promise<Result>): Promise<Result>;
  /** Which libraries are loaded, and whether their calls really come by. */
  instrumented(): Promise<InstrumentedLibraries>;
  /** Sends what was recorded. Throws what the exporter throws. */
  shutdown(): Promise<void>;
}

/**
 * What a caller's trace context is worth: `continue` for callers of this system; `link` for strangers, whose requests
 * begin a trace of their own (their word could force the sampling of everything).
 */
export type CallerTrace = 'continue' | 'link';

export interface TracedRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly caller: CallerTrace;
}

/** Work that is done once for many orders. */
export interface TracedBatch<Item> {
  /** Of the span for the work, when it is for several sampled items. */
  readonly name: string;
  readonly items: readonly Item[];
  /** Of a recorded trace; anything else may be left out. Called while tracing is on only. */
  traceOf(item: Item): TraceContext | undefined;
  /** Of the span that each sampled item gets in its own trace. */
  readonly item: {
    readonly name: string;
    readonly kind: 'internal' | 'consumer';
    /** child: in the item's trace, the default; link: a trace of its own with a link to it. */
    readonly relation?: 'child' | 'link';
    attributesOf?(item: Item): Readonly<Record<string, string | number>>;
  };
}

export interface TracedSend {
  readonly topic: string;
  /** Each with the trace context that it carries in its headers. */
  readonly messages: readonly OutgoingMessage[];
}

export interface InstrumentedLibraries {
  readonly patched: readonly string[];
  /** Loaded, but their calls go unseen: the preload came too late, or their version is unknown to it. */
  readonly unpatched: readonly string[];
}

let installed: Tracing | undefined;

/** For the preload, once, before the program is loaded; undefined takes it away again. */
export function installTracing(tracing: Tracing | undefined): void {
  installed = tracing;
}

export function installedTracing(): Tracing | undefined {
  return installed;
}

type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** The handler, within a server span for each request. */
export function traceRequests(handler: RequestHandler, caller: CallerTrace | undefined): RequestHandler {
  const tracing = installed;
  if (tracing === undefined || caller === undefined) return handler;
  return (request, response) => tracing.serveRequest({ request, response, caller }, () => handler(request, response));
}

/** The context of the span that is being worked in, sampled or not; undefined while tracing is off. */
export function activeTrace(): TraceContext | undefined {
  return installed?.activeTrace();
}

/** Says which route the request that is being answered belongs to; express says it by itself. */
export function nameRoute(route: string): void {
  installed?.nameRoute(route);
}

/**
 * Does work for many orders at once, in none of their contexts, with a span in the trace of each sampled one. The work
 * itself stands below a span that has a trace of its own and is linked with all of these; for a single sampled order it
 * simply stands below that order's.
 */
export function runBatch<Item, Result>(batch: TracedBatch<Item>, work: () => Promise<Result>): Promise<Result> {
  return installed === undefined ? work() : installed.runBatch(batch, work);
}

/** The same for a request to Kafka. Each message keeps the context that it carries. */
export function sendMessages<Result>(send: TracedSend, work: () => Promise<Result>): Promise<Result> {
  return installed === undefined ? work() : installed.sendMessages(send, work);
}
