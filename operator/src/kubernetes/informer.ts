import type { Component } from '@orderflow/service-kit/lifecycle';
import type { Logger } from '@orderflow/service-kit/logger';
import { nextBackoffMs, type BackoffPolicy } from '@orderflow/service-kit/retry';
import type { ObjectRef } from '../controller/ports.ts';
import { ApiError, isExpired, isNotFound } from './api-error.ts';
import type { ApiObject, ObjectList, WatchOptions } from './resource-client.ts';
import type { Time } from './time.ts';
import type { WatchEvent } from './watch-stream.ts';

/** Where an informer gets its objects from; a ResourceClient is one. */
export interface ListWatch<T> {
  list(): Promise<ObjectList<T>>;
  watch(options: WatchOptions): AsyncIterable<WatchEvent<T>>;
}

export interface InformerOptions<T> {
  /** The resource, for logs. */
  readonly name: string;
  readonly source: ListWatch<T>;
  readonly logger: Logger;
  readonly time: Time;
  /** In [0, 1). */
  readonly random: () => number;
  /** Take a resource that the API server does not have for one without objects, and look again after that time. */
  readonly whenAbsentMs?: number;
  /** Without an event or a bookmark for that long, a watch is taken for dead; 90 s by default. */
  readonly silenceMs?: number;
}

/** As client-go's reflector: 0.8 s to 30 s. */
const BACKOFF: BackoffPolicy = { baseMs: 800, maxMs: 30_000 };
/** Watches end after 5 to 10 minutes, not all at once. */
const WATCH_SECONDS = 300;
/** API servers send bookmarks once a minute. */
const SILENCE_MS = 90_000;
/** A watch that lasted so long was one, also when nothing happened meanwhile. */
const STEADY_MS = 30_000;

/**
 * A cache of all objects of a resource, kept up to date by list and watch for as long as it runs: whatever ends a watch
 * (its time, a reset, silence, an answer that is no answer), it goes on from the last version it saw, and lists again
 * when the API server no longer knows that version. What it holds stays readable meanwhile.
 */
export class Informer<T extends ApiObject> implements Component {
  readonly name: string;
  readonly #options: InformerOptions<T>;
  readonly #stopSignal = new AbortController();
  readonly #listeners: ((ref: ObjectRef) => void)[] = [];
  readonly #synced = Promise.withResolvers<void>();
  #objects = new Map<string, T>();
  #hasSynced = false;
  /** Undefined: a list is due. */
  #resourceVersion: string | undefined;
  /** Watches in a row that ended before anything came of them. */
  #failures = 0;
  #running: Promise<void> | undefined;

  constructor(options: InformerOptions<T>) {
    this.name = `informer of ${options.name}`;
    this.#options = options;
  }

  /** Returns at once: whether the API server can be reached is another matter. */
  start(): void {
    if (!this.#stopSignal.signal.aborted) this.#running ??= this.#run(this.#stopSignal.signal);
  }

  async stop(): Promise<void> {
    this.#stopSignal.abort();
    await this.#running;
  }

  /** The cache has been filled once. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Resolves when the cache has been filled; never, when that never happens. */
  whenSynced(): Promise<void> {
    return this.#synced.promise;
  }

  get(ref: ObjectRef): T | undefined {
    return this.#objects.get(keyOf(ref));
  }

  list(): readonly T[] {
    return [...this.#objects.values()];
  }

  /** Called for every object that is added, changed or deleted, and for all after a list. */
  onChange(listener: (ref: ObjectRef) => void): void {
    this.#listeners.push(listener);
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.#resourceVersion === undefined) await this.#list();
        if (!signal.aborted) await this.#watch(signal);
        await this.#rest(signal);
      } catch (error: unknown) {
        await this.#recover(error, signal);
      }
    }
  }

  async #list(): Promise<void> {
    const { items, resourceVersion } = await this.#options.source.list();
    this.#fill(items);
    this.#resourceVersion = resourceVersion;
  }

  #fill(items: readonly T[]): void {
    const before = this.#objects;
    this.#objects = new Map(items.map((object) => [keyOf(object.metadata), object]));
    if (!this.#hasSynced) {
      this.#hasSynced = true;
      this.#options.logger.info({ informer: this.#options.name, objects: items.length }, 'cache filled');
      this.#synced.resolve();
    }
    for (const object of new Map([...before, ...this.#objects]).values()) this.#notify(object);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { source, random, silenceMs = SILENCE_MS, time } = this.#options;
    const timeoutSeconds = Math.round(WATCH_SECONDS * (1 + random()));
    const resourceVersion = this.#resourceVersion ?? '';
    const openedMs = time.monotonicMs();
    try {
      for await (const event of source.watch({ resourceVersion, timeoutSeconds, silenceMs, signal })) {
        this.#failures = 0;
        this.#apply(event);
        this.#resourceVersion = event.object.metadata.resourceVersion;
      }
    } finally {
      if (time.monotonicMs() - openedMs >= STEADY_MS) this.#failures = 0;
    }
  }

  /** Before the next watch, also after one that ended as it should: there are servers that end every watch at once. */
  async #rest(signal: AbortSignal, atLeastMs = 0): Promise<void> {
    const { random, time } = this.#options;
    const delayMs = Math.max(atLeastMs, nextBackoffMs(BACKOFF, this.#failures, random()));
    this.#failures += 1;
    await time.sleep(delayMs, signal);
  }

  #apply(event: WatchEvent<T>): void {
    if (event.type === 'BOOKMARK') return;
    if (event.type === 'DELETED') this.#objects.delete(keyOf(event.object.metadata));
    else this.#objects.set(keyOf(event.object.metadata), event.object);
    this.#notify(event.object);
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { logger, name, time, whenAbsentMs } = this.#options;
    if (whenAbsentMs !== undefined && isNotFound(error)) {
      this.#resourceVersion = undefined;
      this.#fill([]);
      await time.sleep(whenAbsentMs, signal);
      return;
    }
    if (isExpired(error)) this.#resourceVersion = undefined;
    logger.warn({ err: error, informer: name }, 'watch broken, trying again');
    await this.#rest(signal, error instanceof ApiError ? error.retryAfterMs : undefined);
  }

  /** A listener that throws must not end the watch. */
  #notify({ metadata: { namespace, name } }: T): void {
    for (const listener of this.#listeners) {
      try {
        listener({ namespace, name });
      } catch (error: unknown) {
        this.#options.logger.error({ err: error, informer: this.#options.name }, 'listener failed');
      }
    }
  }
}

function keyOf({ namespace, name }: ObjectRef): string {
  return `${namespace}/${name}`;
}
