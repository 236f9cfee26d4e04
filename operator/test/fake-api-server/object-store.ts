import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { alreadyExists, conflict, expired, invalid, notFound } from './api-status.ts';
import { mergePatch } from './merge-patch.ts';

/** An object as it goes over the wire. */
export interface ApiObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string | undefined;
    readonly resourceVersion?: string | undefined;
    readonly uid?: string | undefined;
    readonly generation?: number;
    readonly creationTimestamp?: string | undefined;
    readonly deletionTimestamp?: string | undefined;
    readonly finalizers?: readonly string[];
    readonly [field: string]: unknown;
  };
  readonly spec?: unknown;
  readonly status?: unknown;
  readonly [field: string]: unknown;
}

/** Where an object lives: `apps/deployments`. */
export interface Collection {
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
}

export interface StoredChange {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly collection: Collection;
  readonly object: ApiObject;
  readonly resourceVersion: number;
}

/** What a write replaces: `status` leaves the rest alone, `main` leaves the status alone. */
export type WritePart = 'main' | 'status';

/**
 * Objects with the rules that matter to a controller: one resourceVersion for all, preconditions, generations that
 * count changes of the spec, writes that change nothing and so leave the version alone, finalizers that delay deletion,
 * and a history to watch.
 */
export class ObjectStore {
  readonly #objects = new Map<string, ApiObject>();
  readonly #listeners = new Set<(change: StoredChange) => void>();
  #history: StoredChange[] = [];
  #resourceVersion = 100;
  #oldestVersion = 100;

  get resourceVersion(): string {
    return String(this.#resourceVersion);
  }

  onChange(listener: (change: StoredChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  find(collection: Collection, name: string): ApiObject | undefined {
    return this.#objects.get(keyOf(collection, name));
  }

  get(collection: Collection, name: string): ApiObject {
    const object = this.find(collection, name);
    if (object === undefined) throw notFound(name);
    return object;
  }

  list(collection: Collection): readonly ApiObject[] {
    const prefix = keyOf(collection, '');
    return [...this.#objects].filter(([key]) => key.startsWith(prefix)).map(([, object]) => object);
  }

  create(collection: Collection, object: ApiObject): ApiObject {
    const { name } = object.metadata;
    if (name === undefined) throw invalid('metadata.name: Required value');
    if (this.find(collection, name) !== undefined) throw alreadyExists(name);
    if (object.metadata.resourceVersion !== undefined)
      throw invalid('metadata.resourceVersion: must not be set on create');
    const metadata = {
      ...object.metadata,
      namespace: collection.namespace,
      uid: randomUUID(),
      generation: 1,
      creationTimestamp: new Date().toISOString(),
    };
    return this.#commit('ADDED', collection, { ...object, metadata });
  }

  /** PUT. A resourceVersion or uid in the metadata is a precondition. */
  replace(collection: Collection, replacement: ApiObject, part: WritePart): ApiObject {
    const stored = this.get(collection, replacement.metadata.name);
    const { resourceVersion, uid } = replacement.metadata;
    const isStale = resourceVersion !== undefined && resourceVersion !== stored.metadata.resourceVersion;
    if (isStale || (uid !== undefined && uid !== stored.metadata.uid)) throw conflict(stored.metadata.name);
    const { status: storedStatus, ...storedMain } = stored;
    const { status, ...main } = replacement;
    const next = part === 'status' ? { ...storedMain, status } : { ...main, status: storedStatus };
    return this.#store(collection, stored, next);
  }

  /** PATCH with a merge patch. */
  patch(
    collection: Collection,
    target: { readonly name: string; readonly part: WritePart },
    patch: unknown,
  ): ApiObject {
    const stored = this.get(collection, target.name);
    return this.replace(collection, mergePatch(stored, patch) as ApiObject, target.part);
  }

  delete(collection: Collection, name: string): ApiObject {
    const stored = this.get(collection, name);
    if ((stored.metadata.finalizers ?? []).length === 0) return this.#commit('DELETED', collection, stored);
    if (stored.metadata.deletionTimestamp !== undefined) return stored;
    const deletionTimestamp = new Date().toISOString();
    const generation = (stored.metadata.generation ?? 1) + 1;
    return this.#commit('MODIFIED', collection, {
      ...stored,
      metadata: { ...stored.metadata, deletionTimestamp, generation },
    });
  }

  /** Forgets the past: who watches from an older version, or goes on with an older list, is told that it expired. */
  compact(): void {
    this.#resourceVersion += 1;
    this.#oldestVersion = this.#resourceVersion;
    this.#history = [];
  }

  /** @throws ApiRefusal 410 when the version is older than the history. */
  changesSince(collection: Collection, resourceVersion: number): readonly StoredChange[] {
    if (resourceVersion < this.#oldestVersion) throw expired();
    return this.#history.filter(
      (change) => change.resourceVersion > resourceVersion && isSame(change.collection, collection),
    );
  }

  #store(collection: Collection, stored: ApiObject, next: ApiObject): ApiObject {
    const { uid, creationTimestamp, deletionTimestamp, resourceVersion } = stored.metadata;
    const kept = { uid, creationTimestamp, deletionTimestamp, resourceVersion, namespace: collection.namespace };
    const hasNewSpec = !isDeepStrictEqual(plain(next.spec), plain(stored.spec));
    const generation = (stored.metadata.generation ?? 1) + (hasNewSpec ? 1 : 0);
    const written = plain({ ...next, metadata: { ...next.metadata, ...kept, generation } });
    if (isDeepStrictEqual(written, plain(stored))) return stored;
    const isFreed = deletionTimestamp !== undefined && (written.metadata.finalizers ?? []).length === 0;
    return this.#commit(isFreed ? 'DELETED' : 'MODIFIED', collection, written);
  }

  #commit(type: StoredChange['type'], collection: Collection, object: ApiObject): ApiObject {
    this.#resourceVersion += 1;
    const metadata = { ...object.metadata, resourceVersion: String(this.#resourceVersion) };
    const committed = plain({ ...object, metadata });
    const key = keyOf(collection, metadata.name);
    if (type === 'DELETED') this.#objects.delete(key);
    else this.#objects.set(key, committed);
    const change = { type, collection, object: committed, resourceVersion: this.#resourceVersion };
    this.#history.push(change);
    for (const listener of this.#listeners) listener(change);
    return committed;
  }
}

function keyOf({ group, resource, namespace }: Collection, name: string): string {
  return `${group}/${resource}/${namespace}/${name}`;
}

export function isSame(one: Collection, other: Collection): boolean {
  return keyOf(one, '') === keyOf(other, '');
}

/** As it comes back from JSON: without undefined fields, and shared with nobody. */
function plain<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
}
