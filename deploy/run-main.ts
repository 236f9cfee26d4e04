import { describeError } from '@orderflow/local/local-error';

/** Runs the command `name` and sets the exit code: what `main` returns, and 1 after printing what it threw. */
export async function runMain(name: string, main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error: unknown) {
    process.stderr.write(`${name}: ${describeError(error)}\n`);
    process.exitCode = 1;
  }
}
