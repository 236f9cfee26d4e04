import type { Component } from '@orderflow/service-kit/lifecycle';
import { Pool, type Dispatcher } from 'undici';

export interface UpstreamSettings {
  readonly connections: number;
  /** Requests beyond `connections` that may wait for one. */
  readonly queue: number;
  /** For the head of an answer, and between two pieces of its body. */
  readonly timeoutMs: number;
}

export interface UpstreamOptions extends UpstreamSettings {
  /** Label in metrics. */
  readonly name: string;
  /** Origin, without a path. */
  readonly url: string;
}

/**
 * An idle connection is given up well before the services' 65 s, or a request would now and then be written into a
 * connection that the other side is closing. The ceiling keeps their `Keep-Alive: timeout=65` from raising it.
 */
const KEEP_ALIVE_MS = 30_000;
const CONNECT_TIMEOUT_MS = 2_000;

/** A service behind the gateway: a pool of connections and a bound on what waits for them. */
export class Upstream implements Component {
  readonly name: string;
  readonly timeoutMs: number;
  readonly #pool: Pool;
  readonly #maxRequests: number;
  #requests = 0;

  constructor({ name, url, connections, queue, timeoutMs }: UpstreamOptions) {
    this.name = name;
    this.timeoutMs = timeoutMs;
    this.#maxRequests = connections + queue;
    this.#pool = new Pool(url, {
      connections,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      connectTimeout: Math.min(CONNECT_TIMEOUT_MS, timeoutMs),
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
  }

  /** Takes one of the places; false when all are taken. Each place is given back with `release`. */
  acquire(): boolean {
    if (this.#requests >= this.#maxRequests) return false;
    this.#requests += 1;
    return true;
  }

  release(): void {
    this.#requests -= 1;
  }

  /** Sends when a connection is free. Every outcome, also one before anything was sent, comes to the handler. */
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#pool.dispatch(options, handler);
  }

  async stop(deadline?: AbortSignal): Promise<void> {
    const destroy = (): void => void this.#pool.destroy();
    deadline?.addEventListener('abort', destroy, { once: true });
    if (!this.#pool.closed && !this.#pool.destroyed) await this.#pool.close();
    deadline?.removeEventListener('abort', destroy);
  }
}
