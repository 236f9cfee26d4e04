import { ConfigError } from './config.ts';
import type { Logger } from './logger.ts';

/** Something that is started and stopped with the process. */
export interface Component {
  readonly name: string;
  /** Resolves when the component does its work. */
  start?(): Promise<void> | void;
  /** Finishes what is in flight; may be called before start and more than once. The signal aborts at the deadline. */
  stop?(deadline: AbortSignal): Promise<void> | void;
}

export type LifecyclePhase = 'created' | 'starting' | 'running' | 'stopping' | 'stopped';

/** A component did not stop in time or failed to; the others were stopped all the same. */
export class ShutdownError extends AggregateError {
  override readonly name = 'ShutdownError';
  readonly code = 'SHUTDOWN_INCOMPLETE';
}

/**
 * Starts components in the order of `use` and stops them in reverse, as a stack: whatever was started last depends on
 * what was started before it. Stopping has one deadline for all.
 */
export class Lifecycle implements AsyncDisposable {
  readonly #logger: Logger;
  readonly #deadlineMs: number;
  readonly #components: Component[] = [];
  readonly #stopRequested = Promise.withResolvers<void>();
  #phase: LifecyclePhase = 'created';
  #failure: Error | undefined;
  #stopping: Promise<void> | undefined;

  constructor(logger: Logger, options: { readonly deadlineMs: number }) {
    this.#logger = logger;
    this.#deadlineMs = options.deadlineMs;
  }

  get phase(): LifecyclePhase {
    return this.#phase;
  }

  /** Adds a component and returns it. Components are started in this order. */
  use<T extends Component>(component: T): T {
    this.#components.push(component);
    return component;
  }

  /** Asks the process to stop because a component died; `run` then throws the error. */
  fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
    this.#stopRequested.resolve();
  }

  /** Starts everything; on a failure, what was started is stopped again and the error thrown. Idempotent. */
  async start(): Promise<void> {
    if (this.#phase !== 'created') return;
    this.#phase = 'starting';
    try {
      for (const component of this.#components) {
        await component.start?.();
        if (this.#stopping !== undefined) return;
      }
      this.#phase = 'running';
      this.#logger.info({ pid: process.pid }, 'started');
    } catch (error: unknown) {
      await this.stop();
      throw error;
    }
  }

  /**
   * Stops everything in reverse order within the deadline. Idempotent; also fine before or during `start`.
   *
   * @throws {ShutdownError} when something did not stop.
   */
  stop(): Promise<void> {
    this.#stopRequested.resolve();
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    this.#phase = 'stopping';
    const deadline = AbortSignal.timeout(this.#deadlineMs);
    const errors: unknown[] = [];
    for (const component of this.#components.toReversed()) {
      try {
        await stopWithin(component, deadline);
      } catch (error: unknown) {
        this.#logger.error({ err: error, component: component.name }, 'component did not stop cleanly');
        errors.push(error);
      }
    }
    this.#phase = 'stopped';
    if (errors.length > 0) throw new ShutdownError(errors, 'not every component stopped cleanly');
  }

  /** Starts, runs until a signal or a failed component, stops. Throws what failed. */
  async run(signals: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT']): Promise<void> {
    const onSignal = (signal: NodeJS.Signals): void => {
      this.#logger.info({ signal }, 'stopping');
      this.#stopRequested.resolve();
    };
    for (const signal of signals) process.on(signal, onSignal);
    try {
      const started = this.start();
      await Promise.race([started, this.#stopRequested.promise]);
      await this.#stopRequested.promise;
      await started.catch(() => undefined); // reported by the race above when it came first
      await this.stop();
    } finally {
      for (const signal of signals) process.off(signal, onSignal);
    }
    if (this.#failure !== undefined) throw this.#failure;
    this.#logger.info('stopped');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

async function stopWithin(component: Component, deadline: AbortSignal): Promise<void> {
  if (component.stop === undefined) return;
  const late = Promise.withResolvers<never>();
  const onAbort = (): void => late.reject(new Error(`${component.name} did not stop within the deadline`));
  if (deadline.aborted) onAbort();
  deadline.addEventListener('abort', onAbort, { once: true });
  late.promise.catch(() => undefined);
  try {
    await Promise.race([component.stop(deadline), late.promise]);
  } finally {
    deadline.removeEventListener('abort', onAbort);
  }
}

/**
 * Runs a process's main function: exit code 0 when it returns, 2 with one line on stderr when the configuration is bad,
 * 1 with the error when it throws.
 */
export async function runProcess(main: () => Promise<void>): Promise<void> {
  try {
    await main();
    process.exitCode ??= 0;
  } catch (error: unknown) {
    if (error instanceof ConfigError) {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 2;
      return;
    }
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    // A component that could not be stopped may hold the process open; the failure must not hide behind it.
    process.exit(1);
  }
}
