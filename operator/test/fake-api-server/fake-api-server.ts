import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describeApiCall, parseApiCall, type ApiCall, type ApiVerb } from './api-call.ts';
import { ApiRefusal, invalid } from './api-status.ts';
import { FaultPlan, type Fault } from './faults.ts';
import { ObjectStore, type ApiObject, type Collection } from './object-store.ts';
import { isAllowed, readShippedRole, type RoleRule } from './role.ts';
import { writeScale } from './scale.ts';
import { Watchers } from './watchers.ts';

/** A call and its answer; `code` is 0 when there was none. */
export interface RecordedCall extends ApiCall {
  code: number;
}

export interface FakeApiServerOptions {
  /** What the caller may do; the Role that the chart ships by default. */
  readonly rules?: readonly RoleRule[];
  /** `group/resource` that exist; the others are unknown to the server. */
  readonly served?: readonly string[];
}

const SERVED = [
  'scaling.orderflow.dev/lagscalers',
  'apps/deployments',
  'autoscaling/horizontalpodautoscalers',
  'coordination.k8s.io/leases',
  'events.k8s.io/events',
];

/**
 * A small API server over HTTP: the resources that the operator uses, watches, preconditions, RBAC, and faults on
 * demand. It records every call, and refuses and remembers those that the Role does not allow.
 */
export class FakeApiServer implements AsyncDisposable {
  readonly store = new ObjectStore();
  readonly watches = new Watchers(this.store);
  readonly faults = new FaultPlan();
  readonly calls: RecordedCall[] = [];
  readonly #rules: readonly RoleRule[];
  readonly #served: ReadonlySet<string>;
  readonly #sockets = new Set<Socket>();
  readonly #silent = new WeakSet<Socket>();
  #server: Server | undefined;
  #port = 0;
  #connections = 0;

  private constructor(options: FakeApiServerOptions) {
    this.#rules = options.rules ?? readShippedRole();
    this.#served = new Set(options.served ?? SERVED);
  }

  static async start(options: FakeApiServerOptions = {}): Promise<FakeApiServer> {
    const server = new FakeApiServer(options);
    await server.comeUp();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** TCP connections that were ever made. */
  get connections(): number {
    return this.#connections;
  }

  /** A kubeconfig as a file would hold it. */
  get kubeconfig(): string {
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'fake',
      contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'operator' } }],
      clusters: [{ name: 'fake', cluster: { server: this.url, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'operator', user: { token: 'fake' } }],
    });
  }

  /** `update deployments.apps/scale`, for each call that the Role did not allow. */
  get refused(): readonly string[] {
    return [...new Set(this.calls.filter((call) => call.code === 403).map(describeApiCall))];
  }

  countCalls(matches: (call: RecordedCall) => boolean): number {
    return this.calls.filter(matches).length;
  }

  /** Resets every connection and refuses new ones. */
  async goDown(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  /** Serves again, on the same port and with the same objects. */
  async comeUp(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer((request, response) => void this.#handle(request, response));
    server.on('connection', (socket) => {
      this.#connections += 1;
      this.#sockets.add(socket);
      socket.on('error', () => undefined); // resets are ours
      socket.once('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Half-open TCP: the connections of now stay open and dead. New ones work. */
  silenceConnections(): void {
    this.watches.silence();
    for (const socket of this.#sockets) this.#silent.add(socket);
  }

  /** @throws Error when the Role did not allow something that was called. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.goDown();
    if (this.refused.length > 0) throw new Error(`the Role does not allow: ${this.refused.join(', ')}`);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const body = await text(request).catch(() => '');
    if (this.#silent.has(request.socket)) return;
    const call = parseApiCall(request.method ?? '', url);
    if (call === undefined || !this.#served.has(`${call.group}/${call.resource}`)) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n');
      return;
    }
    const recorded: RecordedCall = { ...call, code: 0 };
    this.calls.push(recorded);
    response.once('finish', () => (recorded.code = response.statusCode));
    const fault = this.faults.take(call);
    if (fault !== undefined && fault.kind !== 'resetAfter') {
      meetFault(fault, request, response);
      return;
    }
    try {
      const answer = this.#answer(call, { url, body, contentType: request.headers['content-type'] ?? '' }, response);
      if (fault !== undefined) request.socket.resetAndDestroy();
      else if (answer !== undefined) sendJson(response, call.verb === 'create' ? 201 : 200, answer);
    } catch (error: unknown) {
      if (!(error instanceof ApiRefusal)) throw error;
      sendJson(response, error.status.code, error.status);
    }
  }

  /** Undefined: the response is a watch, and goes on. */
  #answer(call: ApiCall, content: Content, response: ServerResponse): object | undefined {
    if (!isAllowed(this.#rules, call)) throw new ApiRefusal(403, 'Forbidden', `forbidden: ${describeApiCall(call)}`);
    if (call.verb !== 'watch') return this.#execute(call, call.verb, content);
    this.watches.open(readWatch(call, content.url), response);
    return undefined;
  }

  #execute(call: ApiCall, verb: Exclude<ApiVerb, 'watch'>, content: Content): object {
    const { group, resource, namespace, subresource, name = '' } = call;
    const collection: Collection = { group, resource, namespace };
    const part = subresource === 'status' ? 'status' : 'main';
    switch (verb) {
      case 'get':
        return this.store.get(collection, name);
      case 'list':
        return this.#list(collection, content.url, `${group}/${call.version}`);
      case 'create':
        return this.store.create(collection, parseObject(content));
      case 'update':
        if (subresource === 'scale') return writeScale(this.store, collection, parseObject(content));
        return this.store.replace(collection, parseObject(content), part);
      case 'patch':
        if (content.contentType !== 'application/merge-patch+json')
          throw new ApiRefusal(415, 'UnsupportedMediaType', `not supported: ${content.contentType}`);
        return this.store.patch(collection, { name, part }, parseObject(content));
      case 'delete':
        return this.store.delete(collection, name);
      default:
        verb satisfies never;
        throw invalid('no such verb');
    }
  }

  #list(collection: Collection, url: URL, apiVersion: string): object {
    const limit = Number(url.searchParams.get('limit') ?? 0);
    const offset = this.#readContinue(url.searchParams.get('continue'));
    const all = this.store.list(collection);
    const end = limit > 0 ? offset + limit : all.length;
    const { resourceVersion } = this.store;
    const next = end < all.length ? { continue: `${resourceVersion}:${end}` } : {};
    // API servers leave these two out of the items of a list.
    const items = all.slice(offset, end).map((item) => ({ ...item, apiVersion: undefined, kind: undefined }));
    return { apiVersion, kind: 'List', metadata: { resourceVersion, ...next }, items };
  }

  #readContinue(token: string | null): number {
    if (token === null) return 0;
    const [version, offset] = token.split(':').map(Number);
    this.store.changesSince({ group: '', resource: '', namespace: '' }, version ?? 0);
    return offset ?? 0;
  }
}

interface Content {
  readonly url: URL;
  readonly body: string;
  readonly contentType: string;
}

function readWatch(call: ApiCall, url: URL) {
  const timeout = url.searchParams.get('timeoutSeconds');
  return {
    collection: { group: call.group, resource: call.resource, namespace: call.namespace },
    apiVersion: `${call.group}/${call.version}`,
    resourceVersion: url.searchParams.get('resourceVersion') ?? '0',
    timeoutSeconds: timeout === null ? undefined : Number(timeout),
  };
}

function parseObject({ body }: Content): ApiObject {
  try {
    return JSON.parse(body) as ApiObject;
  } catch {
    throw invalid('the body is not JSON');
  }
}

function meetFault(fault: Exclude<Fault, { kind: 'resetAfter' }>, request: IncomingMessage, response: ServerResponse) {
  switch (fault.kind) {
    case 'silence':
      return;
    case 'reset':
      request.socket.resetAndDestroy();
      return;
    case 'status': {
      const { code, reason, retryAfterSeconds } = fault;
      if (retryAfterSeconds !== undefined) response.setHeader('retry-after', String(retryAfterSeconds));
      sendJson(response, code, new ApiRefusal(code, reason, `${reason}, on purpose`).status);
    }
  }
}

function sendJson(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
