import { inspect } from 'node:util';
import { ConfigError } from './config.ts';
import type { Logger } from './logger.ts';
import { closeTelemetry, reportTelemetry } from './telemetry/process-telemetry.ts';

/** Something that is started and stopped with the process. */
export interface Component {
  readonly name: string;
  /** Resolves when the component does its work. */
  start?(): Promise<void> | void;
  /**
   * Finishes what is in flight; may be called before start and more than once. When the signal aborts, the deadline has
   * passed: what is still in flight is given up.
   */
  stop?(deadline: AbortSignal): Promise<void> | void;
}

/** A named condition for readiness. Liveness never looks at dependencies: a restart would not mend them. */
export interface ReadinessCheck {
  readonly name: string;
  /** Undefined when ready, else why not. */
  reasonNotReady(): string | undefined;
}

export type LifecyclePhase = 'created' | 'starting' | 'running' | 'stopping' | 'stopped';

/** A component did not stop in time or failed to; the others were stopped all the same. */
export class ShutdownError extends AggregateError {
  override readonly name = 'ShutdownError';
  readonly code = 'SHUTDOWN_INCOMPLETE';
}

export interface LifecycleOptions {
  /** How long all components together may take to finish what is in flight. */
  readonly deadlineMs: number;
  /** How long after the deadline they may take to give up, 1 s by default. */
  readonly giveUpMs?: number;
}

const DEFAULT_GIVE_UP_MS = 1_000;

/**
 * Starts components in the order of `use` and stops them in reverse, as a stack: whatever was started last depends on
 * what was started before it. Stopping has one deadline for all. Ready is what runs: neither starting nor stopping.
 */
export class Lifecycle implements AsyncDisposable, ReadinessCheck {
  readonly name = 'process';
  readonly #logger: Logger;
  readonly #options: LifecycleOptions;
  readonly #components: Component[] = [];
  readonly #stopRequested = Promise.withResolvers<void>();
  #phase: LifecyclePhase = 'created';
  #failure: Error | undefined;
  #started: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  /** The component that is being started, and the end of its start. */
  #starting: { readonly component: Component; readonly settled: Promise<unknown> } | undefined;

  constructor(logger: Logger, options: LifecycleOptions) {
    this.#logger = logger;
    this.#options = options;
  }

  get phase(): LifecyclePhase {
    return this.#phase;
  }

  reasonNotReady(): string | undefined {
    return this.#phase === 'running' ? undefined : this.#phase;
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
  start(): Promise<void> {
    if (this.#stopping !== undefined) return Promise.resolve();
    this.#started ??= this.#startAll();
    return this.#started;
  }

  async #startAll(): Promise<void> {
    this.#phase = 'starting';
    try {
      for (const component of this.#components) {
        const started = startOne(component);
        this.#starting = { component, settled: Promise.allSettled([started]) };
        await started;
        if (this.#stopping !== undefined) return;
      }
    } catch (error: unknown) {
      if (this.#stopping === undefined) this.fail(error);
      else this.#logger.warn({ err: error }, 'start was cut short');
      await this.stop().catch(() => undefined); // logged; why something did not start matters more
      throw error;
    }
    this.#phase = 'running';
    this.#logger.info({ pid: process.pid }, 'started');
    await reportTelemetry(this.#logger);
  }

  /**
   * Stops everything in reverse order within the deadline. Idempotent; also fine before or during `start`: what is just
   * being started is asked to stop, and given the time to end its start before what it stands on is stopped.
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
    const deadline = new AbortController();
    const end = new AbortController();
    const { deadlineMs, giveUpMs = DEFAULT_GIVE_UP_MS } = this.#options;
    // Not AbortSignal.timeout: its timer would let a process end that has nothing else left to wait for.
    const timers = [
      setTimeout(() => deadline.abort(), deadlineMs),
      setTimeout(() => end.abort(), deadlineMs + giveUpMs),
    ];
    const errors: unknown[] = [];
    for (const component of this.#components.toReversed()) {
      try {
        await unlessLate(this.#stopOne(component, deadline.signal), component, end.signal);
      } catch (error: unknown) {
        this.#logger.error({ err: error, component: component.name }, 'component did not stop cleanly');
        errors.push(error);
      }
    }
    for (const timer of timers) clearTimeout(timer);
    this.#phase = 'stopped';
    if (errors.length > 0) throw new ShutdownError(errors, 'not every component stopped cleanly');
  }

  async #stopOne(component: Component, deadline: AbortSignal): Promise<void> {
    await component.stop?.(deadline);
    if (this.#starting?.component === component) await this.#starting.settled;
  }

  /** Starts, runs until a signal or a failed component, stops. Throws what failed first. */
  async run(signals: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT']): Promise<void> {
    const onSignal = (signal: NodeJS.Signals): void => {
      this.#logger.info({ signal }, 'stopping');
      this.#stopRequested.resolve();
    };
    for (const signal of signals) process.on(signal, onSignal);
    try {
      this.start().catch(() => undefined); // kept as the failure
      await this.#stopRequested.promise;
      await this.stop().catch((error: unknown) => this.fail(error));
    } finally {
      for (const signal of signals) process.off(signal, onSignal);
    }
    if (this.#failure !== undefined) throw this.#failure;
    this.#logger.info('stopped');
  }

  /** Stops what `run` did not. Never throws: what did not stop was logged, and would hide why the process ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop().catch(() => undefined);
  }
}

async function startOne(component: Component): Promise<void> {
  await component.start?.();
}

async function unlessLate(stopped: Promise<void>, component: Component, end: AbortSignal): Promise<void> {
  const late = Promise.withResolvers<never>();
  const onEnd = (): void => late.reject(new Error(`${component.name} did not stop within the deadline`));
  if (end.aborted)
    setImmediate(onEnd); // what needs no waiting is stopped all the same
  else end.addEventListener('abort', onEnd, { once: true });
  try {
    await Promise.race([stopped, late.promise]);
  } finally {
    end.removeEventListener('abort', onEnd);
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
    await closeTelemetry();
  } catch (error: unknown) {
    if (error instanceof ConfigError) {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 2;
      return;
    }
    process.stderr.write(`${inspect(error)}\n`); // with causes, and with each of several errors
    await closeTelemetry();
    // A component that could not be stopped may hold the process open; the failure must not hide behind it.
    process.exit(1);
  }
}
