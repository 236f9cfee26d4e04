import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Problem, ProblemType } from '@orderflow/contracts/problem-types';
import type { Logger } from '@orderflow/service-kit/logger';
import { lingerAndEnd, mayExceed } from '@orderflow/service-kit/request-body';
import { activeTrace } from '@orderflow/service-kit/telemetry/tracing';
import type { ApiClient } from './api-keys.ts';
import type { GatewayMetrics } from './metrics.ts';
import { startTrace, type RequestTrace } from './trace-policy.ts';

/** What every exchange needs and none changes. */
export interface ExchangeContext {
  readonly logger: Logger;
  readonly metrics: GatewayMetrics;
  readonly trustTraceparent: boolean;
  readonly maxBodyBytes: number;
}

/** Label of requests that belong to no route of the API. */
const NO_ROUTE = 'none';

/** The client was gone before it had its answer; nginx's number, in logs and metrics only. */
const CLIENT_GONE_STATUS = 499;

/** A request id of a caller is taken when it can do no harm in a log or a header. */
const SAFE_REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

export interface RefusalFacts {
  readonly detail?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request and its answer: who it is, what is known about it, and the one log line and measurement at its end. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  /** Monotonic clock. */
  readonly startedMs = performance.now();
  readonly trace: RequestTrace;
  /** Fields of every answer, whatever it is: a flat list of names and values. */
  readonly fields: string[];
  /** Template of the route, never the path itself: it is a metric label. */
  route: string = NO_ROUTE;
  /** Whose key the request came with, where keys are asked for. */
  client: ApiClient | undefined;
  responseBytes = 0;
  /** Code of the last error of the upstream. */
  upstreamError: string | undefined;
  /** Called when the client goes away before it has its answer. */
  onClientGone: (() => void) | undefined;
  #onOver: ((status: number) => void) | undefined;
  #isOver = false;
  readonly #context: ExchangeContext;

  constructor(context: ExchangeContext, request: IncomingMessage, response: ServerResponse) {
    const { headers } = request;
    const requestId = headers['x-request-id'];
    this.#context = context;
    this.request = request;
    this.response = response;
    this.requestId = typeof requestId === 'string' && SAFE_REQUEST_ID.test(requestId) ? requestId : randomUUID();
    this.trace = startTrace(headers, context.trustTraceparent, activeTrace());
    this.fields = ['x-request-id', this.requestId];
    context.metrics.requestStarted();
    response.on('close', () => this.#close());
  }

  /** Calls once when the answer is out or the client gone, with the status as it is logged; at once when that has been. */
  whenOver(listener: (status: number) => void): void {
    if (this.#isOver) listener(this.#status());
    else this.#onOver = listener;
  }

  /** Answers with what is here in full. */
  answer(status: number, fields: readonly string[], body: string | Buffer): void {
    this.responseBytes = Buffer.byteLength(body);
    const length = String(this.responseBytes);
    this.response.writeHead(status, [...this.fields, ...fields, 'content-length', length]).end(body);
  }

  /** Answers problem+json. An answer that has begun is cut, as nothing valid can follow. */
  refuse(problem: ProblemType, { detail, headers = {} }: RefusalFacts = {}): void {
    const { request, response, requestId } = this;
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const body: Problem = detail === undefined ? { ...problem, requestId } : { ...problem, detail, requestId };
    const fields = ['content-type', 'application/problem+json', ...Object.entries(headers).flat()];
    const text = JSON.stringify(body);
    if (!mayExceed(request, this.#context.maxBodyBytes)) {
      this.answer(problem.status, fields, text);
      return;
    }
    this.responseBytes = Buffer.byteLength(text);
    fields.push('content-length', String(this.responseBytes), 'connection', 'close');
    response.writeHead(problem.status, [...this.fields, ...fields]);
    response.write(text);
    lingerAndEnd(request, response);
  }

  #status(): number {
    return this.response.headersSent ? this.response.statusCode : CLIENT_GONE_STATUS;
  }

  #close(): void {
    const { request, response, route, trace } = this;
    const complete = response.writableFinished;
    if (!complete) this.onClientGone?.();
    const method = request.method ?? '';
    const status = this.#status();
    this.#isOver = true;
    this.#onOver?.(status);
    const durationMs = Math.round((performance.now() - this.startedMs) * 100) / 100;
    const finished = { route, method, startedAt: this.startedMs, trace: () => trace.context };
    this.#context.metrics.requestEnded(finished, status);
    // Fields that are undefined do not appear in the line.
    this.#context.logger.info(
      {
        method,
        route,
        status,
        durationMs,
        requestId: this.requestId,
        clientId: this.client?.clientId,
        trace_id: trace.context.traceId,
        span_id: trace.context.spanId,
        callerTraceId: trace.linkedTraceId,
        bytes: this.responseBytes,
        upstreamError: this.upstreamError,
        incomplete: complete ? undefined : true,
      },
      'request',
    );
  }
}
