import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type RequestOptions,
} from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { HttpServer, type HttpServerOptions } from '@orderflow/service-kit/http-server';
import { createLogger } from '@orderflow/service-kit/logger';
import { Registry } from '@orderflow/service-kit/metrics';
import { createGateway, type GatewayOptions } from '../src/gateway.ts';
import { createGatewayMetrics } from '../src/metrics.ts';
import { Upstream, type UpstreamSettings } from '../src/upstream.ts';

/** A service that somebody pretends to be, on a port of its own. */
export interface FakeUpstream extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
}

export async function startUpstream(handler: RequestListener): Promise<FakeUpstream> {
  return listen(createServer({ keepAliveTimeout: 65_000 }, handler));
}

/** An upstream that speaks whatever `onSocket` says. */
export async function startRawUpstream(onSocket: (socket: Socket) => void): Promise<FakeUpstream> {
  return listen(
    createTcpServer((socket) => {
      socket.on('error', () => undefined);
      onSocket(socket);
    }),
  );
}

async function listen(server: Server): Promise<FakeUpstream> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The origin of a port on which nobody listens. */
export async function deadOrigin(): Promise<string> {
  const { url, [Symbol.asyncDispose]: close } = await startUpstream(() => undefined);
  await close();
  return url;
}

export type LogLine = Record<string, unknown>;

export interface GatewaySettings {
  readonly orders: string;
  readonly analytics?: string;
  readonly upstream?: Partial<UpstreamSettings>;
  readonly gateway?: Partial<GatewayOptions>;
  readonly server?: Partial<HttpServerOptions>;
}

/** The gateway as main.ts puts it together, with short timeouts, and its log lines and metrics to look at. */
export class RunningGateway implements AsyncDisposable {
  readonly lines: LogLine[] = [];
  readonly registry = new Registry();
  readonly #server: HttpServer;
  readonly #upstreams: readonly Upstream[];
  readonly #waiting = new Set<() => void>();

  constructor({ orders, analytics, upstream, gateway, server }: GatewaySettings) {
    const settings = { connections: 16, queue: 16, timeoutMs: 2_000, ...upstream };
    const upstreams = {
      orders: new Upstream({ ...settings, name: 'orders', url: orders }),
      analytics: new Upstream({ ...settings, name: 'analytics', url: analytics ?? orders }),
    };
    this.#upstreams = [upstreams.orders, upstreams.analytics];
    const handler = createGateway({
      upstreams,
      logger: createLogger({ service: 'gateway', level: 'info', destination: { write: (line) => this.#onLine(line) } }),
      metrics: createGatewayMetrics(this.registry),
      limiter: undefined,
      admission: undefined,
      apiKeys: undefined,
      maxBodyBytes: 65_536,
      trustProxyHops: 0,
      trustTraceparent: false,
      ...gateway,
    });
    this.#server = new HttpServer({
      name: 'http-server',
      host: '127.0.0.1',
      port: 0,
      drainGraceMs: 100,
      handler,
      ...server,
    });
  }

  get port(): number {
    return this.#server.port;
  }

  start(): Promise<void> {
    return this.#server.start();
  }

  async stop(deadline?: AbortSignal): Promise<void> {
    await this.#server.stop(deadline);
    for (const upstream of this.#upstreams) await upstream.stop(deadline);
  }

  /** The first request line that fits, waiting for it: a line is written after the client has its answer. */
  async requestLine(fits: (line: LogLine) => boolean = () => true): Promise<LogLine> {
    for (;;) {
      const line = this.lines.find((candidate) => candidate['msg'] === 'request' && fits(candidate));
      if (line !== undefined) return line;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.add(resolve);
      await promise;
      this.#waiting.delete(resolve);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop(AbortSignal.timeout(100));
  }

  #onLine(line: string): void {
    this.lines.push(JSON.parse(line) as LogLine);
    for (const resolve of this.#waiting) resolve();
  }
}

export async function startGateway(settings: GatewaySettings): Promise<RunningGateway> {
  const gateway = new RunningGateway(settings);
  await gateway.start();
  return gateway;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  json(): unknown;
}

/** One request on a connection of its own. */
export async function send(port: number, options: RequestOptions & { readonly body?: string } = {}): Promise<Answer> {
  const { body, ...rest } = options;
  const request = httpRequest({ host: '127.0.0.1', port, agent: false, ...rest });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const received = await text(response);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: received,
    json: () => JSON.parse(received) as unknown,
  };
}

export const order = {
  method: 'POST',
  path: '/orders',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ customerId: 'customer-1', items: [{ productId: 'product-1', quantity: 1, price: 1 }] }),
} as const;

/** Writes `head` to the port and gives everything that comes back until the other side closes. */
export async function sendRaw(port: number, head: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(head);
  return text(socket);
}

/** How many samples of a metric there are with these labels, and their values. */
export async function metricValue(gateway: RunningGateway, name: string, labels: object = {}): Promise<number> {
  const metric = await gateway.registry.getSingleMetric(name)?.get();
  const wanted = Object.entries(labels);
  const values = metric?.values.filter((sample) =>
    wanted.every(([label, value]) => (sample.labels as Record<string, unknown>)[label] === value),
  );
  return (values ?? []).reduce((sum, { value }) => sum + value, 0);
}

/** A connection on which a test writes as it likes; it never fails, it closes. */
export function connectRaw(port: number): { readonly socket: Socket; readonly received: Promise<string> } {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const { promise: received, resolve } = Promise.withResolvers<string>();
  let bytes = '';
  socket.setEncoding('utf8').on('data', (data: string) => (bytes += data));
  socket.on('error', () => undefined);
  socket.once('close', () => resolve(bytes));
  return { socket, received };
}
