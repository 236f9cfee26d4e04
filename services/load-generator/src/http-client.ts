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
 * Sends requests over a fixed number of connections. A request that finds none free waits in the pool; its timeout
 * begins when it is sent. Were the wait counted, a target that is slower than the load would soon be sent nothing but
 * requests that are about to expire, and all its work would be for nobody. Works on undici's dispatch level: streams
 * and AbortSignals would cost more than all of the rest of the generator.
 */
export class HttpClient implements AsyncDisposable {
  readonly #pool: Pool;
  readonly #basePath: string;
  readonly #authorization: readonly string[];
  readonly #timeoutMs: number;
  readonly #maxWaitMs: number;
  /** In no order. Not a Set: one with as many comings and goings leads V8 to keep dead requests (see `HttpServer` of service-kit). */
  readonly #exchanges: Exchange[] = [];

  constructor(options: HttpClientOptions) {
    this.#basePath = options.target.pathname.replace(/\/+$/, '');
    this.#authorization = options.apiKey === undefined ? [] : ['authorization', `Bearer ${options.apiKey}`];
    this.#timeoutMs = options.timeoutMs;
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
      };
      const timeoutMs = request.timeoutMs ?? this.#timeoutMs;
      const exchange = new Exchange(settle, { timeoutMs, maxWaitMs: this.#maxWaitMs });
      exchange.position = this.#exchanges.push(exchange) - 1;
      const { method, headers = [], body = null } = request;
      this.#pool.dispatch(
        { method, path: this.#basePath + request.path, headers: [...headers, ...this.#authorization], body },
        exchange,
      );
    });
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

/** One request and the pieces of its answer as they come in. */
class Exchange implements Dispatcher.DispatchHandler {
  /** Among those in flight. */
  position = 0;
  readonly #settle: (reply: Reply) => void;
  readonly #timeoutMs: number;
  #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #isSettled = false;
  #status = 0;
  #body: Buffer | undefined;

  constructor(settle: (reply: Reply) => void, limits: { readonly timeoutMs: number; readonly maxWaitMs: number }) {
    this.#settle = settle;
    this.#timeoutMs = limits.timeoutMs;
    this.#timer = setTimeout(() => this.fail(NEVER_SENT), limits.maxWaitMs);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It was given up while it waited for a connection: it must not be sent now.
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
