import type { Component } from '@orderflow/service-kit/lifecycle';
import { sleep } from '@orderflow/service-kit/sleep';
import { buildFlow, type Look } from './flow.ts';
import type { Sighting } from './platform-source.ts';
import type { View } from './view.ts';

const RATE_WINDOW_MS = 3_000;
const QUANTILE_WINDOW_MS = 10_000;

/** Where views go: one open page. */
export interface Viewer {
  send(view: string): void;
  end(): void;
}

export interface WatchOptions {
  readonly look: () => Promise<Sighting>;
  readonly nowMs: () => number;
  readonly intervalMs: number;
  readonly maxViewers: number;
  /** Of links to traces, where there is somebody to look at them. */
  readonly traceUrlTemplate?: string | undefined;
  /** Told of every look. */
  readonly onLook?: () => void;
}

/**
 * Looks at the platform while there is a viewer, once for all of them, and not at all without one. Viewers get the last
 * view at once, unless it is old.
 */
export class Watch implements Component {
  readonly name = 'watch';
  readonly #options: WatchOptions;
  readonly #viewers = new Set<Viewer>();
  readonly #looks: Look[] = [];
  #last: { readonly text: string; readonly atMs: number } | undefined;
  #watching: Promise<void> | undefined;
  #wake = new AbortController();
  #isStopped = false;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  /** False when there are too many already, or it was stopped. */
  add(viewer: Viewer): boolean {
    if (this.#isStopped || this.#viewers.size >= this.#options.maxViewers) return false;
    this.#viewers.add(viewer);
    const last = this.#last;
    if (last !== undefined && this.#options.nowMs() - last.atMs < 2 * this.#options.intervalMs) viewer.send(last.text);
    this.#watching ??= this.#watchWhileViewed();
    return true;
  }

  remove(viewer: Viewer): void {
    this.#viewers.delete(viewer);
    if (this.#viewers.size === 0) this.#wake.abort();
  }

  /** Looks now instead of at the end of the interval: something was just done by hand. */
  wake(): void {
    this.#wake.abort();
  }

  /** Ends every page's stream. Idempotent. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const viewer of this.#viewers) viewer.end();
    this.#viewers.clear();
    this.#wake.abort();
    await this.#watching;
  }

  async #watchWhileViewed(): Promise<void> {
    while (this.#viewers.size > 0) {
      this.#wake = new AbortController();
      this.#options.onLook?.();
      const sighting = await this.#options.look();
      const text = JSON.stringify(this.#viewOf(sighting));
      this.#last = { text, atMs: sighting.look.atMs };
      for (const viewer of this.#viewers) viewer.send(text);
      await sleep(this.#options.intervalMs, this.#wake.signal);
    }
    this.#watching = undefined;
    this.#looks.length = 0;
  }

  #viewOf({ look, ...rest }: Sighting): View {
    const before = (windowMs: number): Look | undefined =>
      this.#looks.find(({ atMs }) => atMs >= look.atMs - windowMs && atMs < look.atMs);
    const flow = buildFlow({ now: look, short: before(RATE_WINDOW_MS), long: before(QUANTILE_WINDOW_MS) });
    while (this.#looks[0] !== undefined && this.#looks[0].atMs < look.atMs - QUANTILE_WINDOW_MS) this.#looks.shift();
    this.#looks.push(look);
    return { at: new Date(look.atMs).toISOString(), flow, ...rest, traceUrlTemplate: this.#options.traceUrlTemplate };
  }
}
