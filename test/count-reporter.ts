/** The part of Jest's aggregated result that is counted. */
interface RunResult {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  /** Suites that could not even be loaded. */
  readonly numRuntimeErrorTestSuites: number;
}

/** Ends every run with the line `N passed, N failed`; a run without a single test fails. */
export default class CountReporter {
  #executed = 0;

  onRunComplete(_contexts: unknown, result: RunResult): void {
    const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
    this.#executed = result.numPassedTests + failed;
    // Jest's own summary and the global teardown come after this call, so the line waits for the end of the process.
    process.once('exit', () => {
      if (this.#executed === 0) process.stderr.write('No test ran, which counts as a failure.\n');
      process.stdout.write(`${result.numPassedTests} passed, ${failed} failed\n`);
    });
    // Nothing is open any more when `beforeExit` comes, and Jest has set the exit code. What Node.js 24 then does natively
    // to end a process can wait for ever, spinning, for requests that it counted wrong (node::Environment::CleanupHandles).
    process.once('beforeExit', () => process.once('exit', () => process.exit()));
  }

  /** Jest asks for it after the run, and fails the run when there is one. */
  getLastError(): Error | undefined {
    return this.#executed === 0 ? new Error('no test ran') : undefined;
  }
}
