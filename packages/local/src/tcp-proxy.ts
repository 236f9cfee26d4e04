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
  /**
   * Leaves all connections half open: nothing goes through them any more and neither side learns when the other one
   * closes, as after a cable was pulled. New ones are taken.
   */
  strand(): void;
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

/** The two connections that make one. */
interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  isStranded: boolean;
}

class LoopbackProxy implements TcpProxy {
  readonly #targetPort: number;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  readonly #stranded = new Set<Socket>();
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
    this.#announceChange();
  }

  setDelay(delayMs: number): void {
    this.#delayMs = delayMs;
  }

  cut(): void {
    for (const { client, server } of this.#pairs) for (const socket of [client, server]) socket.resetAndDestroy();
  }

  strand(): void {
    for (const pair of this.#pairs) {
      pair.isStranded = true;
      for (const socket of [pair.client, pair.server]) this.#stranded.add(socket);
    }
    this.#pairs.clear();
  }

  async close(): Promise<void> {
    this.setMode('refuse');
    for (const socket of this.#stranded) socket.resetAndDestroy();
    this.#announceChange();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  #announceChange(): void {
    this.#modeChange.resolve();
    this.#modeChange = Promise.withResolvers();
  }

  #accept(client: Socket): void {
    if (this.#mode === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ port: this.#targetPort, host: LOOPBACK, noDelay: true });
    client.setNoDelay(true);
    const pair: Pair = { client, server, isStranded: false };
    this.#pairs.add(pair);
    for (const [socket, other] of [[client, server] as const, [server, client] as const]) {
      // An error is followed by a close, and that is passed on.
      socket.on('error', () => undefined);
      socket.once('close', () => {
        this.#pairs.delete(pair);
        this.#stranded.delete(socket);
        if (!pair.isStranded) other.destroy();
      });
    }
    void this.#pump(pair, { from: client, to: server, isReply: false });
    void this.#pump(pair, { from: server, to: client, isReply: true });
  }

  async #pump(pair: Pair, { from, to, isReply }: { from: Socket; to: Socket; isReply: boolean }): Promise<void> {
    try {
      for await (const chunk of from) {
        if (this.#delayMs > 0) await sleep(this.#delayMs);
        while (this.#isHeld(pair) && !from.destroyed) await this.#modeChange.promise;
        if (pair.isStranded) return;
        if (isReply && this.#mode === 'dropReplies') continue;
        if (!to.write(chunk as Buffer)) await once(to, 'drain');
      }
      if (!pair.isStranded) to.end();
    } catch {
      if (!pair.isStranded) to.destroy();
    }
  }

  #isHeld(pair: Pair): boolean {
    return this.#mode === 'hold' || pair.isStranded;
  }
}
