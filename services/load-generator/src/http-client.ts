import { Pool, type Dispatcher } from 'undici';

export interface HttpClientOptions {
  readonly target: URL;
  /** Sent with every request, as a bearer token. */
  readonly apiKey?: string | undefined;
  readonly connections: number;
  /** From the moment a request is sent. */
  readonly timeoutMs: number;
  /** For a free connection; at least a minute by default. */
  readonly maxWaitMs?: number;
}

/** Why a request was given up that no connection was free for: it surely did not happen. */
export const NEVER_SENT = 'never sent';

const DEFAULT_MAX_WAIT_MS = 60_000;

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** Below the target's own path. */
  readonly path: string;
  /** Name, value, name, value. */
  readonly headers?: readonly string[];
  readonly body?: string;
  /** Shorter than the client's own. */
  readonly timeoutMs?: number;
}

/** What came back: an answer of any status, or none, with the reason in a word (`ECONNRESET`, `timeout`). */
export type Reply =
  | { readonly kind: 'answer'; readonly status: number; readonly body: string }
  | { readonly kind: 'none'; readonly error: string };

const MAX_ANSWER_BYTES = 1_048_576;

/**
 * Sends requests over a fixed number of connections. A request that finds none free waits here; its timeout begins when
 * it is sent. It does not wait in undici's pool, where giving one up costs a connection: after an outage, thousands that
 * had waited too long would keep all connections from those that had not. Were the wait counted, a target that is slower
 * than the load would soon be sent nothing but requests that are about to expire, and all its work would be for nobody.
 * Works on undici's dispatch level: streams and AbortSignals would cost more than all of the rest of the generator.
 */
export class HttpClient implements AsyncDisposable {
  readonly #pool: Pool;
  readonly #basePath: string;
  readonly #authorization: readonly string[];
  readonly #timeoutMs: number;
  readonly #maxWaitMs: number;
  readonly #connections: number;
  readonly #waiting = new WaitingLine();
  #busyConnections = 0;
  /** In no order. Not a Set: one with as many comings and goings leads V8 to keep dead requests (see `HttpServer` of service-kit). */
  readonly #exchanges: Exchange[] = [];

  constructor(options: HttpClientOptions) {
    this.#basePath = options.target.pathname.replace(/\/+$/, '');
    this.#authorization = options.apiKey === undefined ? [] : ['authorization', `Bearer ${options.apiKey}`];
    this.#timeoutMs = options.timeoutMs;
    this.#connections = options.connections;
    this.#maxWaitMs = options.maxWaitMs ?? Math.max(options.timeoutMs, DEFAULT_MAX_WAIT_MS);
    this.#pool = new Pool(options.target.origin, {
      connections: options.connections,
      pipelining: 1,
      allowH2: false,
      maxResponseSize: MAX_ANSWER_BYTES,
      headersTimeout: 0, // the deadline of the whole exchange is kept here
      bodyTimeout: 0,
      connect: { timeout: options.timeoutMs },
    });
  }

  /** Requests that were handed in and not answered. */
  get inFlight(): number {
    return this.#exchanges.length;
  }

  /** Sends a request. Never rejects: a failure is a reply too. */
  send(request: HttpRequest): Promise<Reply> {
    return new Promise((resolve) => {
      const settle = (reply: Reply): void => {
        this.#forget(exchange);
        resolve(reply);
        if (exchange.hasConnection) this.#passOn();
      };
      const timeoutMs = request.timeoutMs ?? this.#timeoutMs;
      const exchange = new Exchange(request, settle, { timeoutMs, maxWaitMs: this.#maxWaitMs });
      exchange.position = this.#exchanges.push(exchange) - 1;
      if (this.#busyConnections < this.#connections) this.#dispatch(exchange);
      else this.#waiting.push(exchange);
    });
  }

  #dispatch(exchange: Exchange): void {
    this.#busyConnections += 1;
    exchange.hasConnection = true;
    const { method, path, headers = [], body = null } = exchange.request;
    this.#pool.dispatch(
      { method, path: this.#basePath + path, headers: [...headers, ...this.#authorization], body },
      exchange,
    );
  }

  /** A connection is free: the request that has waited longest gets it. */
  #passOn(): void {
    this.#busyConnections -= 1;
    const next = this.#waiting.shift();
    if (next !== undefined) this.#dispatch(next);
  }

  /** Gives up on everything in flight: each request gets a reply of kind `none` with this reason. */
  abandon(reason: string): void {
    for (const exchange of this.#exchanges.slice()) exchange.fail(reason);
  }

  /** The last one takes its place. */
  #forget(exchange: Exchange): void {
    const last = this.#exchanges.pop();
    if (last === undefined || last === exchange) return;
    last.position = exchange.position;
    this.#exchanges[exchange.position] = last;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.abandon('closed');
    await this.#pool.destroy();
  }
}

/** How many that have gone are still in the array, at most: a shift of all others for each would be slow. */
const COMPACTED_AT = 10_000;

/** Requests that wait for a connection, first come, first served; those that were given up meanwhile are passed over. */
class WaitingLine {
  #exchanges: Exchange[] = [];
  #next = 0;

  push(exchange: Exchange): void {
    this.#exchanges.push(exchange);
  }

  shift(): Exchange | undefined {
    while (this.#next < this.#exchanges.length) {
      const exchange = this.#exchanges[this.#next];
      this.#next += 1;
      if (this.#next >= COMPACTED_AT) this.#compact();
      if (exchange?.isSettled === false) return exchange;
    }
    this.#compact();
    return undefined;
  }

  #compact(): void {
    this.#exchanges = this.#exchanges.slice(this.#next);
    this.#next = 0;
  }
}

/** One request and the pieces of its answer as they come in. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly request: HttpRequest;
  /** Among those in flight. */
  position = 0;
  /** Whether it has got one of the connections. */
  hasConnection = false;
  readonly #settle: (reply: Reply) => void;
  readonly #timeoutMs: number;
  #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #isSettled = false;
  #status = 0;
  #body: Buffer | undefined;

  constructor(
    request: HttpRequest,
    settle: (reply: Reply) => void,
    limits: { readonly timeoutMs: number; readonly maxWaitMs: number },
  ) {
    this.request = request;
    this.#settle = settle;
    this.#timeoutMs = limits.timeoutMs;
    this.#timer = setTimeout(() => this.fail(NEVER_SENT), limits.maxWaitMs);
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It was given up while its connection was made: it must not be sent now.
    if (this.#isSettled) {
      controller.abort(new Error('abandoned'));
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.fail('timeout'), this.#timeoutMs);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#body = this.#body === undefined ? chunk : Buffer.concat([this.#body, chunk]);
  }

  onResponseEnd(): void {
    this.#finish({ kind: 'answer', status: this.#status, body: this.#body?.toString('utf8') ?? '' });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const { code } = error as NodeJS.ErrnoException;
    this.#finish({ kind: 'none', error: code ?? error.message });
  }

  fail(reason: string): void {
    if (this.#isSettled) return;
    this.#finish({ kind: 'none', error: reason });
    this.#controller?.abort(new Error(reason));
  }

  #finish(reply: Reply): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    clearTimeout(this.#timer);
    this.#settle(reply);
  }
}
