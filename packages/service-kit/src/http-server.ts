import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { PROBLEMS, type ProblemType } from '@orderflow/contracts/problem-types';
import type { Component } from './lifecycle.ts';

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
}

/**
 * A node:http server that stops without losing a request: it closes its listener, tells every client that is served
 * meanwhile to use another connection, and waits for what is in flight until the deadline.
 */
export class HttpServer implements Component {
  readonly name: string;
  readonly #options: HttpServerOptions;
  readonly #server: Server;
  #draining = false;
  #stopped: Promise<void> | undefined;

  constructor(options: HttpServerOptions) {
    this.name = options.name;
    this.#options = options;
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
        if (this.#draining) response.setHeader('connection', 'close');
        options.handler(request, response);
      },
    );
    this.#server.maxConnections = options.maxConnections ?? 10_000;
    this.#server.on('clientError', answerClientError);
  }

  /** The port it listens on; throws before start. */
  get port(): number {
    const address = this.#server.address() as AddressInfo | null;
    if (address === null) throw new Error(`${this.name} does not listen`);
    return address.port;
  }

  async start(): Promise<void> {
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
    if (!this.#server.listening) return;
    const closed = Promise.withResolvers<void>();
    const cut = (): void => this.#server.closeAllConnections();
    this.#server.close(() => closed.resolve());
    deadline?.addEventListener('abort', cut, { once: true });
    await closed.promise;
    deadline?.removeEventListener('abort', cut);
  }
}

const CLIENT_ERRORS: Readonly<Record<string, ProblemType>> = {
  HPE_HEADER_OVERFLOW: PROBLEMS.headersTooLarge,
  ERR_HTTP_REQUEST_TIMEOUT: PROBLEMS.requestTimeout,
};

/** What the HTTP parser refuses never reaches a handler, so the answer is written to the socket. */
function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = CLIENT_ERRORS[error.code ?? ''] ?? {
    ...PROBLEMS.invalidRequest,
    title: 'The request is not valid HTTP',
  };
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${problem.status} \r\ncontent-type: application/problem+json\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
