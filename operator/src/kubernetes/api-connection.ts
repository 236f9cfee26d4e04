import {
  CustomObjectsApi,
  HttpMethod,
  IsomorphicFetchHttpLibrary,
  KubeConfig,
  ApiException,
  RequestContext,
  type Cluster,
  type DispatcherOptions,
} from '@kubernetes/client-node';
import type { AgentOptions } from 'node:https';
import { ClusterError, type ApiCallObserver } from '../controller/ports.ts';
import { toApiError, type ApiError } from './api-error.ts';

type Dispatcher = NonNullable<ReturnType<RequestContext['getDispatcher']>>;

/** Certificates and CAs are rotated; new connections use what the files say by then. */
const DISPATCHER_LIFE_MS = 600_000;

/**
 * The client's configuration with what it lacks: connections that are kept (it makes a new pool for every call), a
 * deadline for every call (it has none), and HTTP/1.1 only. Over HTTP/2 all calls share one connection, and when that
 * one is half open, giving up a call does not give up the connection.
 */
class OperatorKubeConfig extends KubeConfig {
  readonly #requestTimeoutMs: number;
  #dispatcher: { readonly agent: Dispatcher; readonly untilMs: number } | undefined;

  constructor(requestTimeoutMs: number) {
    super();
    this.#requestTimeoutMs = requestTimeoutMs;
  }

  override createDispatcherOptions(cluster: Cluster | null, agentOptions: AgentOptions): DispatcherOptions {
    const options = super.createDispatcherOptions(cluster, agentOptions);
    if (options.type !== 'agent') return options;
    const connect: typeof options.connect & { allowH2: boolean } = { ...options.connect, allowH2: false };
    return { ...options, connect };
  }

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context);
    const fresh = context.getDispatcher();
    if (fresh !== undefined) context.setDispatcher(this.#keepDispatcher(fresh));
    if (context.getSignal() === undefined) context.setSignal(AbortSignal.timeout(this.#requestTimeoutMs));
  }

  /** Gives up every call and closes the connections. */
  async close(): Promise<void> {
    await this.#dispatcher?.agent.destroy();
  }

  #keepDispatcher(fresh: Dispatcher): Dispatcher {
    const nowMs = performance.now();
    if (this.#dispatcher === undefined || nowMs >= this.#dispatcher.untilMs) {
      // Ends when the last watch over it has ended.
      void this.#dispatcher?.agent.close();
      this.#dispatcher = { agent: fresh, untilMs: nowMs + DISPATCHER_LIFE_MS };
    }
    return this.#dispatcher.agent;
  }
}

/** What the client takes when it finds nothing; it would then refuse every call for the lack of TLS. */
const NO_CLUSTER = 'http://localhost:8080';

export interface ApiConnectionOptions {
  /** A kubeconfig's text; by default KUBECONFIG, then ~/.kube/config, then the pod's service account. */
  readonly kubeconfig?: string | undefined;
  /** How long a call may take. Watches have a deadline of their own. */
  readonly requestTimeoutMs: number;
  readonly observer?: ApiCallObserver | undefined;
}

/** What a call is, for messages and metrics. */
export interface CallName {
  readonly verb: string;
  /** `deployments/scale` */
  readonly resource: string;
}

/** The way to one API server: connections, credentials, deadlines, and errors as ApiError. */
export class ApiConnection {
  readonly objects: CustomObjectsApi;
  readonly #config: OperatorKubeConfig;
  readonly #observer: ApiCallObserver | undefined;

  /** @throws ClusterError when no configuration names a cluster. */
  constructor({ kubeconfig, requestTimeoutMs, observer }: ApiConnectionOptions) {
    this.#config = new OperatorKubeConfig(requestTimeoutMs);
    if (kubeconfig === undefined) this.#config.loadFromDefault();
    else this.#config.loadFromString(kubeconfig);
    if (this.#config.getCurrentCluster()?.server === NO_CLUSTER) {
      const message = 'no Kubernetes cluster: neither KUBECONFIG, nor ~/.kube/config, nor a service account names one';
      throw new ClusterError(message, { code: 'NoCluster', retryable: false });
    }
    this.objects = this.#config.makeApiClient(CustomObjectsApi);
    this.#observer = observer;
  }

  /** The namespace of the current context; in a pod, that of its service account. */
  get namespace(): string {
    return this.#config.getContextObject(this.#config.getCurrentContext())?.namespace ?? 'default';
  }

  /** @throws ApiError */
  async call<T>(name: CallName, send: (objects: CustomObjectsApi) => Promise<unknown>): Promise<T> {
    try {
      const answer = (await send(this.objects)) as T;
      this.#observer?.called({ ...name, code: name.verb === 'create' ? '201' : '200' });
      return answer;
    } catch (error: unknown) {
      throw this.#fail(name, error);
    }
  }

  /**
   * The bytes of a watch. Not the client's own Watch: that one gives up after 30 s of silence, which is less than
   * a bookmark's interval, and drops what the API server says when it refuses.
   *
   * @throws ApiError
   */
  async openStream(name: CallName, path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    try {
      const context = new RequestContext(`${this.#config.getCurrentCluster()?.server ?? ''}${path}`, HttpMethod.GET);
      context.setSignal(signal);
      await this.#config.applySecurityAuthentication(context);
      const response = await new IsomorphicFetchHttpLibrary().send(context).toPromise();
      const { httpStatusCode: status, headers, body } = response;
      const stream = status === 200 ? body.stream() : null;
      if (stream === null) throw new ApiException(status, 'watch refused', await body.text(), headers);
      this.#observer?.called({ ...name, code: String(status) });
      return stream;
    } catch (error: unknown) {
      throw this.#fail(name, error);
    }
  }

  close(): Promise<void> {
    return this.#config.close();
  }

  #fail(name: CallName, error: unknown): ApiError {
    const failure = toApiError(`${name.verb} ${name.resource}`, error);
    this.#observer?.called({ ...name, code: failure.status === undefined ? failure.code : String(failure.status) });
    return failure;
  }
}
