import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface SeenRequest {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly contentType: string | undefined;
  readonly authorization: string | undefined;
  readonly body: string;
}

export interface FakeAnswer {
  readonly status?: number;
  /** Default: `application/json`. */
  readonly contentType?: string;
  readonly body: string;
}

/** A service that somebody pretends to be; it can go away and come back at the same address. */
export class FakeSource implements AsyncDisposable {
  readonly requests: SeenRequest[] = [];
  readonly #answer: (request: SeenRequest) => FakeAnswer;
  #server: Server | undefined;
  #port = 0;

  constructor(answer: (request: SeenRequest) => FakeAnswer) {
    this.#answer = answer;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => void this.#serve(request, response));
    this.#server = server;
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url: path, headers } = request;
    const { 'content-type': contentType, authorization } = headers;
    const seen = { method, path, contentType, authorization, body: await text(request) };
    this.requests.push(seen);
    const answer = this.#answer(seen);
    response
      .writeHead(answer.status ?? 200, { 'content-type': answer.contentType ?? 'application/json' })
      .end(answer.body);
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
