import type { WorkQueue, WorkQueueObserver } from '../controller/ports.ts';

export interface WorkQueueOptions {
  readonly observer?: WorkQueueObserver;
  /** Milliseconds that only ever go on. */
  readonly monotonicMs?: () => number;
}

/** First wait after a failure, and the longest: controller-runtime's. */
const FIRST_RETRY_MS = 5;
const LAST_RETRY_MS = 1_000_000;

/**
 * Keys that have to be worked on, each at most once in the queue and with at most one worker at a time. As client-go's
 * workqueue: a key that is added while it is worked on comes again when that is done.
 */
export class KeyedWorkQueue implements WorkQueue {
  readonly #observer: WorkQueueObserver | undefined;
  readonly #monotonicMs: () => number;
  /** Ready keys in order, with the time since when they are. */
  readonly #ready = new Map<string, number>();
  /** Keys with a worker, with the time since when. */
  readonly #taken = new Map<string, number>();
  /** Added while taken. */
  readonly #again = new Set<string>();
  readonly #timers = new Map<string, { readonly timer: NodeJS.Timeout; readonly dueMs: number }>();
  readonly #failures = new Map<string, number>();
  readonly #waiting: ((key: string | undefined) => void)[] = [];
  #isShutDown = false;

  constructor({ observer, monotonicMs = () => performance.now() }: WorkQueueOptions = {}) {
    this.#observer = observer;
    this.#monotonicMs = monotonicMs;
  }

  get depth(): number {
    return this.#ready.size;
  }

  add(key: string): void {
    if (this.#isShutDown || this.#ready.has(key) || this.#again.has(key)) return;
    this.#observer?.added();
    if (this.#taken.has(key)) {
      this.#again.add(key);
      return;
    }
    this.#ready.set(key, this.#monotonicMs());
    this.#handOut();
  }

  /** Of several delays for a key the shortest holds, so that a wake-up is never put off. */
  addAfter(key: string, delayMs: number): void {
    if (this.#isShutDown) return;
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    const dueMs = this.#monotonicMs() + delayMs;
    const planned = this.#timers.get(key);
    if (planned !== undefined && planned.dueMs <= dueMs) return;
    clearTimeout(planned?.timer);
    const timer = setTimeout(() => {
      this.#timers.delete(key);
      this.add(key);
    }, delayMs);
    this.#timers.set(key, { timer, dueMs });
  }

  addRateLimited(key: string): void {
    if (this.#isShutDown) return;
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#observer?.retried();
    this.addAfter(key, Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures));
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  take(): Promise<string | undefined> {
    if (this.#isShutDown) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#handOut();
    });
  }

  done(key: string): void {
    const sinceMs = this.#taken.get(key);
    if (sinceMs === undefined) return;
    this.#taken.delete(key);
    this.#observer?.done(this.#monotonicMs() - sinceMs);
    if (!this.#again.delete(key) || this.#isShutDown) return;
    this.#ready.set(key, this.#monotonicMs());
    this.#handOut();
  }

  shutDown(): void {
    this.#isShutDown = true;
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#ready.clear();
    for (const resolve of this.#waiting.splice(0)) resolve(undefined);
  }

  #handOut(): void {
    for (const [key, sinceMs] of this.#ready) {
      const resolve = this.#waiting.shift();
      if (resolve === undefined) return;
      this.#ready.delete(key);
      const nowMs = this.#monotonicMs();
      this.#taken.set(key, nowMs);
      this.#observer?.taken(nowMs - sinceMs);
      resolve(key);
    }
  }
}
