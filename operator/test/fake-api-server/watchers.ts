import type { ServerResponse } from 'node:http';
import { ApiRefusal } from './api-status.ts';
import { isSame, type Collection, type ObjectStore, type StoredChange } from './object-store.ts';

export interface WatchRequest {
  readonly collection: Collection;
  readonly resourceVersion: string;
  readonly timeoutSeconds: number | undefined;
  readonly apiVersion: string;
}

interface Watcher {
  readonly request: WatchRequest;
  readonly response: ServerResponse;
  /** Connections that died without anybody being told. */
  isSilent: boolean;
}

/** The open watches: chunked JSON lines, as an API server sends them. */
export class Watchers {
  readonly #store: ObjectStore;
  readonly #watchers = new Set<Watcher>();

  constructor(store: ObjectStore) {
    this.#store = store;
    store.onChange((change) => this.#publish(change));
  }

  get count(): number {
    return this.#watchers.size;
  }

  /** Sends what happened since the version, then what happens. A version that is too old ends in an ERROR event. */
  open(request: WatchRequest, response: ServerResponse): void {
    const watcher: Watcher = { request, response, isSilent: false };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    try {
      const missed = this.#store.changesSince(request.collection, Number(request.resourceVersion));
      for (const change of missed) send(watcher, change.type, change.object);
    } catch (error: unknown) {
      if (!(error instanceof ApiRefusal)) throw error;
      send(watcher, 'ERROR', error.status);
      response.end();
      return;
    }
    this.#watchers.add(watcher);
    const { timeoutSeconds } = request;
    const timer = timeoutSeconds === undefined ? undefined : setTimeout(() => response.end(), timeoutSeconds * 1_000);
    timer?.unref();
    response.once('close', () => {
      clearTimeout(timer);
      this.#watchers.delete(watcher);
    });
  }

  /** Tells every watch how far it has come, as API servers do once a minute. */
  sendBookmarks(): void {
    for (const watcher of this.#watchers) {
      const { apiVersion } = watcher.request;
      send(watcher, 'BOOKMARK', { apiVersion, metadata: { resourceVersion: this.#store.resourceVersion } });
    }
  }

  /** Ends every watch as a server does at its timeout. */
  end(): void {
    for (const { response } of this.#watchers) response.end();
  }

  /** Resets the connection of every watch. */
  reset(): void {
    for (const { response } of this.#watchers) response.socket?.resetAndDestroy();
  }

  /** Half-open: the connections stay, and nothing ever comes over them again. */
  silence(): void {
    for (const watcher of this.#watchers) watcher.isSilent = true;
  }

  /** Breaks a line in two with a reset in the middle. */
  resetInsideLine(): void {
    for (const { response } of this.#watchers)
      response.write('{"type":"MODIFIED","object":{"meta', () => response.socket?.resetAndDestroy());
  }

  #publish(change: StoredChange): void {
    for (const watcher of this.#watchers)
      if (isSame(watcher.request.collection, change.collection)) send(watcher, change.type, change.object);
  }
}

function send(watcher: Watcher, type: string, object: unknown): void {
  if (!watcher.isSilent && !watcher.response.writableEnded)
    watcher.response.write(`${JSON.stringify({ type, object })}\n`);
}
