import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Time } from '../src/kubernetes/time.ts';

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** Time that passes when it is told to. Everything that runs by it shares the monotonic clock. */
export class ManualTime implements Time {
  #elapsedMs = 0;
  #sleepers: Sleeper[] = [];

  nowMs(): number {
    return Date.UTC(2026, 0, 1) + this.#elapsedMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = { dueMs: this.#elapsedMs + ms, wake: resolve };
      this.#sleepers.push(sleeper);
      signal.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        resolve();
      });
    });
  }

  /** Lets the time pass, and everybody who wakes in it work until nothing moves any more. No I/O is waited for. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#elapsedMs + ms;
    await nextTurn();
    for (;;) {
      const next = this.#sleepers.toSorted((one, other) => one.dueMs - other.dueMs)[0];
      if (next === undefined || next.dueMs > endMs) break;
      this.#elapsedMs = Math.max(this.#elapsedMs, next.dueMs);
      this.#sleepers = this.#sleepers.filter((other) => other !== next);
      next.wake();
      await nextTurn();
    }
    this.#elapsedMs = endMs;
  }

  /** The same time for a machine whose wall clock is wrong, or that does not run at all while it is paused. */
  view({ wallOffsetMs = 0 }: { readonly wallOffsetMs?: number } = {}): TimeView {
    return new TimeView(this, wallOffsetMs);
  }
}

/** One process' time. */
export class TimeView implements Time {
  readonly #time: ManualTime;
  readonly #wallOffsetMs: number;
  #paused: PromiseWithResolvers<void> | undefined;

  constructor(time: ManualTime, wallOffsetMs: number) {
    this.#time = time;
    this.#wallOffsetMs = wallOffsetMs;
  }

  nowMs(): number {
    return this.#time.nowMs() + this.#wallOffsetMs;
  }

  monotonicMs(): number {
    return this.#time.monotonicMs();
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    await this.#time.sleep(ms, signal);
    await this.#paused?.promise;
  }

  /** As SIGSTOP: it wakes from no sleep until `resume`. */
  pause(): void {
    this.#paused ??= Promise.withResolvers();
  }

  resume(): void {
    this.#paused?.resolve();
    this.#paused = undefined;
  }
}

/** Time that jumps to the end of every sleep at once, for a single sleeper that does real I/O in between. */
export class JumpingTime implements Time {
  readonly sleeps: number[] = [];
  #elapsedMs = 0;

  nowMs(): number {
    return Date.UTC(2026, 0, 1) + this.#elapsedMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  async sleep(ms: number): Promise<void> {
    this.sleeps.push(ms);
    this.#elapsedMs += ms;
    await nextTurn();
  }
}
