import { once } from 'node:events';
import { createServer, connect, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOOPBACK } from './ports.ts';

/**
 * pass: as if it were not there. hold: nothing goes through, everything that came in waits (a network that stalls).
 * dropReplies: requests arrive, what the server answers is lost. refuse: connections are reset, also new ones.
 */
export type ProxyMode = 'pass' | 'hold' | 'dropReplies' | 'refuse';

export interface TcpProxy {
  readonly port: number;
  readonly mode: ProxyMode;
  /** Connections that are open now. */
  readonly connections: number;
  setMode(mode: ProxyMode): void;
  /** Every chunk waits so long before it goes on, in both directions. */
  setDelay(delayMs: number): void;
  /** Resets all connections; new ones are taken. */
  cut(): void;
  close(): Promise<void>;
}

export interface TcpProxyOptions {
  readonly targetPort: number;
  /** Default: any free one. */
  readonly port?: number;
}

/** A proxy between a client and a server of this machine that can misbehave as networks do. */
export async function startTcpProxy(options: TcpProxyOptions): Promise<TcpProxy> {
  const proxy = new LoopbackProxy(options.targetPort);
  await proxy.listen(options.port ?? 0);
  return proxy;
}

class LoopbackProxy implements TcpProxy {
  readonly #targetPort: number;
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #mode: ProxyMode = 'pass';
  #delayMs = 0;
  #modeChange = Promise.withResolvers<void>();

  constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer((client) => {
      this.#accept(client);
    });
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen');
    return address.port;
  }

  get mode(): ProxyMode {
    return this.#mode;
  }

  get connections(): number {
    return this.#pairs.size;
  }

  async listen(port: number): Promise<void> {
    this.#server.listen(port, LOOPBACK);
    await once(this.#server, 'listening');
  }

  setMode(mode: ProxyMode): void {
    this.#mode = mode;
    if (mode === 'refuse') this.cut();
    this.#modeChange.resolve();
    this.#modeChange = Promise.withResolvers();
  }

  setDelay(delayMs: number): void {
    this.#delayMs = delayMs;
  }

  cut(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.setMode('refuse');
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    if (this.#mode === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ port: this.#targetPort, host: LOOPBACK, noDelay: true });
    client.setNoDelay(true);
    const pair = [client, server] as const;
    this.#pairs.add(pair);
    for (const [socket, other] of [pair, [server, client] as const]) {
      // An error is followed by a close, and that is passed on.
      socket.on('error', () => undefined);
      socket.once('close', () => {
        this.#pairs.delete(pair);
        other.destroy();
      });
    }
    void this.#pump({ from: client, to: server, isReply: false });
    void this.#pump({ from: server, to: client, isReply: true });
  }

  async #pump({ from, to, isReply }: { from: Socket; to: Socket; isReply: boolean }): Promise<void> {
    try {
      for await (const chunk of from) {
        if (this.#delayMs > 0) await sleep(this.#delayMs);
        while (this.#mode === 'hold' && !from.destroyed) await this.#modeChange.promise;
        if (isReply && this.#mode === 'dropReplies') continue;
        if (!to.write(chunk as Buffer)) await once(to, 'drain');
      }
      to.end();
    } catch {
      to.destroy();
    }
  }
}
