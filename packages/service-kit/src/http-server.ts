import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Server as NetServer, type AddressInfo, type Socket } from 'node:net';
import { PROBLEMS, type ProblemType } from '@orderflow/contracts/problem-types';
import type { Component } from './lifecycle.ts';
import { ProblemError, sendProblem } from './problem.ts';
import { traceRequests, type CallerTrace } from './telemetry/tracing.ts';

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

export interface HttpServerOptions {
  readonly name: string;
  readonly host: string;
  /** 0 lets the system choose; `HttpServer.port` tells. */
  readonly port: number;
  readonly handler: RequestHandler;
  /** How long an idle keep-alive connection stays open. A proxy in front must give up earlier than this. */
  readonly keepAliveTimeoutMs?: number;
  readonly headersTimeoutMs?: number;
  /** From the first byte of a request to its last. */
  readonly requestTimeoutMs?: number;
  readonly maxConnections?: number;
  readonly maxHeaderBytes?: number;
  /**
   * How long a connection may stay idle once the server stops, 1 s by default. A request may just be on its way on it:
   * closed at once, it would take that request with it.
   */
  readonly drainGraceMs?: number;
  /** What a caller's trace context is worth; without it requests get no spans. */
  readonly callerTrace?: CallerTrace;
}

const DEFAULT_DRAIN_GRACE_MS = 1_000;

/**
 * A node:http server that stops without losing a request: it closes its listener, tells every client that is served
 * meanwhile to use another connection, and waits for what is in flight until the deadline.
 */
export class HttpServer implements Component {
  readonly name: string;
  readonly #options: HttpServerOptions;
  readonly #server: Server;
  /**
   * Every connection with its answers that are not out yet, the first one first; more than one when the client
   * pipelines. Not a Set of answers: V8 chains the tables that a growing Set leaves behind, and once a full collection
   * has aged one of them, the chain keeps every later answer alive until the next one.
   */
  readonly #connections = new Map<Socket, ServerResponse[]>();
  #draining = false;
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: HttpServerOptions) {
    this.name = options.name;
    this.#options = options;
    const handle = traceRequests(options.handler, options.callerTrace);
    this.#server = createServer(
      {
        keepAliveTimeout: options.keepAliveTimeoutMs ?? 65_000,
        headersTimeout: options.headersTimeoutMs ?? 10_000,
        requestTimeout: options.requestTimeoutMs ?? 30_000,
        maxHeaderSize: options.maxHeaderBytes ?? 16_384,
        connectionsCheckingInterval: 1_000,
        noDelay: true,
      },
      (request, response) => {
        this.#track(request.socket, response);
        if (this.#draining) response.setHeader('connection', 'close');
        handle(request, response);
      },
    );
    this.#server.maxConnections = options.maxConnections ?? 10_000;
    this.#server.on('connection', (socket) => {
      this.#connections.set(socket, []);
      socket.once('close', () => this.#connections.delete(socket));
    });
    this.#server.on('clientError', (error, socket) => this.#onClientError(error, socket as Socket));
  }

  #track(socket: Socket, response: ServerResponse): void {
    const answers = this.#connections.get(socket);
    if (answers === undefined) return; // the connection is gone, and the request with it
    answers.push(response);
    response.once('close', () => answers.splice(answers.indexOf(response), 1));
  }

  /** The port it listens on; throws before start. */
  get port(): number {
    const address = this.#server.address() as AddressInfo | null;
    if (address === null) throw new Error(`${this.name} does not listen`);
    return address.port;
  }

  /** Resolves when it listens. Idempotent; once it was stopped, it does nothing. */
  start(): Promise<void> {
    if (this.#draining) return Promise.resolve();
    this.#started ??= this.#listen();
    return this.#started;
  }

  async #listen(): Promise<void> {
    const listening = Promise.withResolvers<void>();
    this.#server.once('error', listening.reject);
    this.#server.listen({ port: this.#options.port, host: this.#options.host }, listening.resolve);
    await listening.promise;
    this.#server.off('error', listening.reject);
  }

  stop(deadline?: AbortSignal): Promise<void> {
    this.#stopped ??= this.#drain(deadline);
    return this.#stopped;
  }

  async #drain(deadline: AbortSignal | undefined): Promise<void> {
    this.#draining = true;
    await this.#started?.catch(() => undefined); // it listens a moment after it was told to
    if (!this.#server.listening) return;
    const closed = Promise.withResolvers<void>();
    // Only the listener: http.Server would close idle connections at once and stop checking its timeouts.
    NetServer.prototype.close.call(this.#server, () => closed.resolve());
    for (const response of [...this.#connections.values()].flat()) {
      if (!response.headersSent) response.setHeader('connection', 'close');
    }
    const graceMs = this.#options.drainGraceMs ?? DEFAULT_DRAIN_GRACE_MS;
    if (graceMs === 0) this.#closeQuietConnections();
    const sweep = setInterval(() => this.#closeQuietConnections(), graceMs);
    const cut = (): void => this.#server.closeAllConnections();
    if (deadline?.aborted === true) cut();
    deadline?.addEventListener('abort', cut, { once: true });
    await closed.promise;
    clearInterval(sweep);
    deadline?.removeEventListener('abort', cut);
    this.#server.close(); // ends its timers
  }

  #closeQuietConnections(): void {
    for (const [socket, answers] of this.#connections) if (answers.length === 0) socket.destroy();
  }

  /** What the HTTP parser refuses never reaches a handler; what it gives up waiting for may have. */
  #onClientError(error: NodeJS.ErrnoException, socket: Socket): void {
    const answer = this.#connections.get(socket)?.[0];
    if (error.code === 'ECONNRESET' || !socket.writable || answer?.headersSent === true) {
      socket.destroy();
      return;
    }
    const problem = problemOf(error);
    if (answer === undefined) writeProblem(socket, problem);
    // The fault is in what came after a request that is whole: that one is still answered, and nothing more.
    else if (answer.req.complete) answer.setHeader('connection', 'close');
    else {
      sendProblem(answer, new ProblemError(problem, {}, { headers: { connection: 'close' } }));
      // Answered, the request is forgotten by its server; who still reads it has to hear that nothing more comes.
      answer.once('close', () => answer.req.destroy(error));
    }
  }
}

const CLIENT_ERRORS: Readonly<Record<string, ProblemType>> = {
  HPE_HEADER_OVERFLOW: PROBLEMS.headersTooLarge,
  ERR_HTTP_REQUEST_TIMEOUT: PROBLEMS.requestTimeout,
};

function problemOf(error: NodeJS.ErrnoException): ProblemType {
  return CLIENT_ERRORS[error.code ?? ''] ?? { ...PROBLEMS.invalidRequest, title: 'The request is not valid HTTP' };
}

/** Without a request there is no response object. The connection is closed for good: its other side may never do it. */
function writeProblem(socket: Socket, problem: ProblemType): void {
  const body = JSON.stringify(problem);
  socket.write(
    `HTTP/1.1 ${problem.status} \r\ncontent-type: application/problem+json\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  socket.destroySoon();
}
