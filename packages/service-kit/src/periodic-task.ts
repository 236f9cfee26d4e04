import type { Component } from './lifecycle.ts';
import type { Logger } from './logger.ts';
import { sleep } from './sleep.ts';

export interface PeriodicTaskOptions {
  readonly name: string;
  readonly intervalMs: number;
  readonly logger: Logger;
  /** One round. What it throws is logged, and the next round comes as usual. */
  readonly runOnce: (signal: AbortSignal) => Promise<void>;
}

/** Runs rounds of work, one after the other, until it is stopped. */
export class PeriodicTask implements Component {
  readonly name: string;
  readonly #options: PeriodicTaskOptions;
  readonly #stopSignal = new AbortController();
  #nap = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: PeriodicTaskOptions) {
    this.name = options.name;
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Asks for the next round now. */
  wake(): void {
    this.#nap.abort();
  }

  async stop(): Promise<void> {
    this.#stopSignal.abort();
    this.wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { intervalMs, logger, name, runOnce } = this.#options;
    while (!this.#stopSignal.signal.aborted) {
      this.#nap = new AbortController();
      try {
        await runOnce(this.#stopSignal.signal);
      } catch (error: unknown) {
        logger.warn({ err: error, task: name }, 'round failed, trying again');
      }
      if (this.#stopSignal.signal.aborted) return;
      await sleep(intervalMs, this.#nap.signal);
    }
  }
}
