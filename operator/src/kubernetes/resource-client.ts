import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import type { ApiConnection, CallName } from './api-connection.ts';
import { readWatchEvents, type WatchEvent } from './watch-stream.ts';

/** What every object has, as it comes over the wire: timestamps are strings. */
export interface ApiObject {
  readonly metadata: ObjectMeta;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly finalizers?: readonly string[];
}

export interface ResourceType {
  readonly group: string;
  readonly version: string;
  /** Plural: `deployments`. */
  readonly resource: string;
}

export interface ObjectList<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

export interface WatchOptions {
  readonly resourceVersion: string;
  /** The API server ends the watch after that. */
  readonly timeoutSeconds: number;
  /** Without an event or a bookmark for that long, the connection is taken for dead. */
  readonly silenceMs: number;
  readonly signal: AbortSignal;
}

const PAGE_SIZE = 500;
const MERGE_PATCH = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

interface ListPage<T> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly T[];
}

/**
 * The calls on one resource in one namespace. Through the client's CustomObjectsApi, which reaches every resource of
 * a named group: lists and watches then have the same form, where its typed calls turn timestamps into dates in lists
 * and leave them in watches. All methods throw ApiError.
 */
export class ResourceClient<T extends ApiObject> {
  readonly #connection: ApiConnection;
  readonly #type: ResourceType;
  readonly #target: { readonly group: string; readonly version: string; readonly namespace: string; plural: string };

  constructor(connection: ApiConnection, type: ResourceType, namespace: string) {
    this.#connection = connection;
    this.#type = type;
    this.#target = { group: type.group, version: type.version, namespace, plural: type.resource };
  }

  /** All objects as of one resourceVersion, read page by page. */
  async list(): Promise<ObjectList<T>> {
    const items: T[] = [];
    let next: string | undefined;
    for (;;) {
      const page: ListPage<T> = await this.#connection.call(this.#name('list'), (api) =>
        api.listNamespacedCustomObject({
          ...this.#target,
          limit: PAGE_SIZE,
          ...(next !== undefined && { _continue: next }),
        }),
      );
      items.push(...page.items);
      next = page.metadata.continue;
      if (next === undefined || next === '') return { items, resourceVersion: page.metadata.resourceVersion };
    }
  }

  /** Yields until the API server ends the watch or the signal aborts. */
  async *watch({ resourceVersion, timeoutSeconds, silenceMs, signal }: WatchOptions): AsyncGenerator<WatchEvent<T>> {
    const { group, version, namespace, plural } = this.#target;
    const query = new URLSearchParams({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion,
      timeoutSeconds: String(timeoutSeconds),
    });
    const path = `/apis/${group}/${version}/namespaces/${encodeURIComponent(namespace)}/${plural}?${query.toString()}`;
    const name = this.#name('watch');
    const open = (given: AbortSignal): Promise<ReadableStream<Uint8Array>> =>
      this.#connection.openStream(name, path, given);
    yield* readWatchEvents<T>(open, { call: `watch ${name.resource}`, silenceMs, signal });
  }

  get(name: string): Promise<T> {
    return this.#connection.call(this.#name('get'), (api) => api.getNamespacedCustomObject({ ...this.#target, name }));
  }

  create(body: object): Promise<T> {
    return this.#connection.call(this.#name('create'), (api) =>
      api.createNamespacedCustomObject({ ...this.#target, body }),
    );
  }

  replace(name: string, body: object): Promise<T> {
    return this.#connection.call(this.#name('update'), (api) =>
      api.replaceNamespacedCustomObject({ ...this.#target, name, body }),
    );
  }

  replaceStatus(name: string, body: object): Promise<T> {
    return this.#connection.call(this.#name('update', 'status'), (api) =>
      api.replaceNamespacedCustomObjectStatus({ ...this.#target, name, body }),
    );
  }

  /** Answers with the Scale. */
  replaceScale(name: string, body: object): Promise<unknown> {
    return this.#connection.call(this.#name('update', 'scale'), (api) =>
      api.replaceNamespacedCustomObjectScale({ ...this.#target, name, body }),
    );
  }

  mergePatch(name: string, body: object): Promise<T> {
    return this.#connection.call(this.#name('patch'), (api) =>
      api.patchNamespacedCustomObject({ ...this.#target, name, body }, MERGE_PATCH),
    );
  }

  #name(verb: string, subresource?: string): CallName {
    const { resource } = this.#type;
    return { verb, resource: subresource === undefined ? resource : `${resource}/${subresource}` };
  }
}
