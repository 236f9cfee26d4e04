import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { LocalError } from '@orderflow/local/local-error';

/**
 * Runs a program whose own output is the progress that the user sees.
 * @throws LocalError COMMAND_FAILED with the fix given.
 */
export async function runAttached(
  command: readonly [string, ...string[]],
  { fix, env = process.env }: { readonly fix: string; readonly env?: NodeJS.ProcessEnv },
): Promise<void> {
  const [program, ...args] = command;
  const child = spawn(program, args, { stdio: 'inherit', env });
  const [code, signal] = await (once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>).catch(
    (error: unknown): never => {
      throw new LocalError({ code: 'COMMAND_FAILED', message: `${program} cannot be run.`, fix, cause: error });
    },
  );
  if (code === 0) return;
  const end = code === null ? `was ended by ${String(signal)}` : `ended with ${code}`;
  throw new LocalError({ code: 'COMMAND_FAILED', message: `${program} ${args[0] ?? ''} ${end}.`, fix });
}
