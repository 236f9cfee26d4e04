import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Exchange } from './exchange.ts';
import { appendResponseHeaders } from './forwarded-headers.ts';
import type { GatewayMetrics } from './metrics.ts';
import {
  adviceFor,
  answerFor,
  classifyFailure,
  decideRetry,
  errorCode,
  UpstreamTimeoutError,
  type UpstreamFailure,
} from './upstream-failure.ts';
import type { Upstream } from './upstream.ts';

export interface UpstreamRequest {
  readonly exchange: Exchange;
  readonly upstream: Upstream;
  readonly metrics: GatewayMetrics;
  readonly options: Dispatcher.DispatchOptions;
  /** Whether sending it twice does no harm. */
  readonly repeatable: boolean;
}

/** The client left; nobody waits for the answer any more. */
class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError';
  readonly code = 'CLIENT_GONE';
}

/**
 * One request on its way through: sent (again, where that is safe), its answer streamed to the client with
 * back-pressure, every failure answered. Until the first byte of the answer is out a failure is a problem+json; after
 * that the client's connection is cut, so that it cannot take a part for the whole.
 */
export class UpstreamCall implements Dispatcher.DispatchHandler {
  readonly #request: UpstreamRequest;
  #controller: Dispatcher.DispatchController | null = null;
  #deadline: NodeJS.Timeout | undefined;
  #attempts = 0;
  /** Whether a byte of the current attempt may have reached the upstream. */
  #sent = false;
  /** The client has been answered, or has left: whatever still comes is dropped. */
  #over = false;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  /** The body, as long as it is one piece and can be written together with the head. */
  #whole: Buffer | undefined;

  constructor(request: UpstreamRequest) {
    this.#request = request;
  }

  start(): void {
    const { exchange, upstream } = this.#request;
    if (!upstream.acquire()) {
      this.#fail('overload');
      return;
    }
    exchange.onClientGone = () => this.#abandon(new ClientGoneError('the client closed the connection'));
    this.#deadline = setTimeout(() => this.#onDeadline(), upstream.timeoutMs);
    this.#send();
  }

  #send(): void {
    this.#attempts += 1;
    this.#sent = false;
    this.#request.upstream.dispatch(this.#request.options, this);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Thrown here, an error takes the request out of undici's queue without a byte sent or a connection lost.
    if (this.#over) throw new ClientGoneError('answered while it waited for a connection');
    this.#controller = controller;
    this.#sent = true;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return; // an interim answer; the final one follows
    clearTimeout(this.#deadline);
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return;
    const { exchange } = this.#request;
    exchange.responseBytes += chunk.length;
    if (!exchange.response.headersSent) {
      if (chunk.length === Number(this.#headers['content-length'])) {
        this.#whole = chunk;
        return;
      }
      this.#writeHead();
    }
    if (!exchange.response.write(chunk) && !controller.paused) this.#waitForClient(controller);
  }

  onResponseEnd(): void {
    const { exchange, upstream } = this.#request;
    if (!this.#over) {
      const { response } = exchange;
      if (!response.headersSent) this.#writeHead(); // what it throws comes back as onResponseError
      if (this.#whole === undefined) response.end();
      // As a string it leaves in one write together with the head; latin1 is one character for each byte.
      else response.end(this.#whole.toString('latin1'), 'latin1');
    }
    this.#over = true;
    upstream.release();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    const { exchange, upstream, metrics, repeatable } = this.#request;
    if (this.#over) {
      upstream.release();
      return;
    }
    const failure = classifyFailure(error, this.#sent);
    exchange.upstreamError = errorCode(error);
    if (this.#status === 0 && decideRetry({ failure, attempts: this.#attempts, repeatable })) {
      metrics.upstreamRetries.inc({ upstream: upstream.name });
      metrics.upstreamErrors.inc({ upstream: upstream.name, reason: failure });
      this.#send();
      return;
    }
    upstream.release();
    this.#fail(failure);
  }

  #onDeadline(): void {
    const error = new UpstreamTimeoutError();
    if (this.#sent) {
      this.#controller?.abort(error); // comes back as onResponseError
      return;
    }
    this.#request.exchange.upstreamError = error.code;
    this.#fail('timeout');
  }

  /** Ends the exchange without an answer of the upstream; what undici still holds of it is dropped when it comes up. */
  #fail(failure: UpstreamFailure): void {
    clearTimeout(this.#deadline);
    this.#over = true;
    const { exchange, upstream, metrics, repeatable } = this.#request;
    metrics.upstreamErrors.inc({ upstream: upstream.name, reason: failure });
    const { problem, retryAfterSeconds } = answerFor(failure);
    exchange.refuse(problem, {
      detail: adviceFor({ sent: this.#sent, repeatable }),
      headers: retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) },
    });
  }

  #abandon(error: Error): void {
    if (this.#over) return;
    clearTimeout(this.#deadline);
    this.#over = true;
    if (this.#sent) this.#controller?.abort(error);
  }

  #writeHead(): void {
    const { response, fields } = this.#request.exchange;
    appendResponseHeaders(fields, this.#headers);
    response.writeHead(this.#status, fields);
  }

  /** A client that does not read holds a connection to the upstream, therefore not for ever. */
  #waitForClient(controller: Dispatcher.DispatchController): void {
    const { exchange, upstream } = this.#request;
    controller.pause();
    const stalled = setTimeout(() => exchange.response.destroy(), upstream.timeoutMs);
    const onClose = (): void => clearTimeout(stalled);
    exchange.response.once('close', onClose);
    exchange.response.once('drain', () => {
      clearTimeout(stalled);
      exchange.response.off('close', onClose);
      controller.resume();
    });
  }
}
