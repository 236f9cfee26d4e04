/**
 * The wish to end a run early: the first one stops the sending, a second one gives up on what is in flight.
 */
export class Interruption {
  readonly #stopping = new AbortController();
  readonly #abandon = new AbortController();
  #by: NodeJS.Signals | undefined;

  /** Aborted once the run is to send nothing more. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Aborted once nobody wants to wait for answers. */
  get abandon(): AbortSignal {
    return this.#abandon.signal;
  }

  /** The signal that came first. */
  get by(): NodeJS.Signals | undefined {
    return this.#by;
  }

  /** Ends the run because of a signal from outside. */
  interrupt(signal: NodeJS.Signals): void {
    if (this.#stopping.signal.aborted) this.#abandon.abort();
    this.#by ??= signal;
    this.#stopping.abort();
  }

  /** Ends the sending without a signal's exit code: it cannot go on (which is reported elsewhere), or is enough. */
  stop(): void {
    this.#stopping.abort();
  }

  /** Listens to the signals of a process, and to its reader going away. */
  listen(subject: NodeJS.Process): void {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) subject.on(signal, () => this.interrupt(signal));
    subject.on('SIGUSR2', () => this.stop()); // enough: ends as if its time were over
    subject.stdout.on('error', () => this.interrupt('SIGPIPE')); // the parent died: nobody wants this load any more
    subject.stderr.on('error', () => this.interrupt('SIGPIPE'));
  }
}
