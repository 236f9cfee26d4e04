import { setTimeout as sleep } from 'node:timers/promises';

/** A process that is started again whenever it has ended. */
export interface Kept {
  readonly name: string;
  /** Of the present process. */
  readonly exited: Promise<unknown>;
  /** Resolves when it is ready; rejects when it did not get there. */
  restart(): Promise<void>;
}

const DEFAULT_RETRY_MS = 200;

export interface KeeperOptions {
  /** How long it waits after a start that failed. */
  readonly retryMs?: number;
  readonly onRestart?: () => void;
}

interface State {
  isUp: boolean;
  isReleased: boolean;
  /** Resolves when it may be started. */
  mayStart: Promise<void>;
}

/** Does for local processes what a kubelet does for containers: starts them again, and nothing else. */
export class Keeper implements AsyncDisposable {
  readonly #options: KeeperOptions;
  readonly #kept = new Map<string, State>();
  readonly #loops: Promise<void>[] = [];
  readonly #stopping = Promise.withResolvers<'stopping'>();
  #isStopping = false;
  #restarts = 0;

  constructor(options: KeeperOptions = {}) {
    this.#options = options;
  }

  /** How often a process was started again, failed starts not counted. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Whether every process runs and was ready. */
  get isComplete(): boolean {
    return [...this.#kept.values()].every(({ isUp, isReleased }) => isUp || isReleased);
  }

  keep(process: Kept): void {
    const state: State = { isUp: true, isReleased: false, mayStart: Promise.resolve() };
    this.#kept.set(process.name, state);
    this.#loops.push(this.#keepUp(process, state));
  }

  /** Leaves a process alone from now on. */
  release(name: string): void {
    const state = this.#kept.get(name);
    if (state !== undefined) state.isReleased = true;
  }

  /** Starts the process no more until the returned function is called. */
  holdBack(name: string): () => void {
    const state = this.#kept.get(name);
    if (state === undefined) throw new Error(`nobody keeps ${name}`);
    const gate = Promise.withResolvers<void>();
    state.mayStart = gate.promise;
    return gate.resolve;
  }

  /** Starts nothing any more, and waits for what is being started. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true;
    this.#stopping.resolve('stopping');
    await Promise.all(this.#loops);
  }

  async #keepUp(process: Kept, state: State): Promise<void> {
    while (!this.#isStopping) {
      await Promise.race([process.exited, this.#stopping.promise]);
      if (state.isReleased) return;
      state.isUp = this.#isStopping;
      await Promise.race([state.mayStart, this.#stopping.promise]);
      if (this.#isStopping) return;
      try {
        await process.restart();
        state.isUp = true;
        this.#restarts += 1;
        this.#options.onRestart?.();
      } catch {
        await sleep(this.#options.retryMs ?? DEFAULT_RETRY_MS); // what it needs is not there yet; the scenario fails when it never comes
      }
    }
  }
}
