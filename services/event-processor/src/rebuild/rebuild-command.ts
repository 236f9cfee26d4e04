import { parseArgs } from 'node:util';

export const REBUILD_USAGE = `usage: npm run rebuild-analytics -- [--swap] [--lock-seconds N] [--rows N]
       npm run rebuild-analytics -- --drop-old

Applies the topic from its beginning to tables of its own, while the processor goes on, and compares them with the live
ones as of one moment. Exit code 0: equal; 1: they differ; 2: options or configuration are wrong; 3: no verdict.

--swap            puts the rebuilt tables in the place of those that differ; exit code 0 when that is done.
                  The old ones stay in the schema analytics_before_<time>
--lock-seconds N  how long the processor may be kept waiting for the swap (10)
--rows N          how many differences are shown of figures, of events and of dead letters each (20)
--drop-old        drops what earlier swaps have left, and does nothing else
`;

export type RebuildCommand =
  | { readonly action: 'drop-old' }
  | {
      readonly action: 'rebuild';
      readonly isSwap: boolean;
      readonly lockMs: number;
      /** How many differences are shown. */
      readonly maxRows: number;
    };

/** The command line makes no sense; the message says why. */
export class RebuildUsageError extends Error {
  override readonly name = 'RebuildUsageError';
  readonly code = 'REBUILD_USAGE';
}

/** @throws {RebuildUsageError} */
export function parseRebuildCommand(args: readonly string[]): RebuildCommand {
  const values = parseOptions(args);
  if (values['drop-old'] === true) {
    if (Object.keys(values).length > 1) throw new RebuildUsageError('--drop-old stands alone');
    return { action: 'drop-old' };
  }
  return {
    action: 'rebuild',
    isSwap: values.swap ?? false,
    lockMs: parseNumber('lock-seconds', values['lock-seconds'] ?? '10', { min: 1, max: 600 }) * 1_000,
    maxRows: parseNumber('rows', values.rows ?? '20', { min: 1, max: 10_000 }),
  };
}

function parseOptions(args: readonly string[]) {
  const options = {
    swap: { type: 'boolean' },
    'drop-old': { type: 'boolean' },
    'lock-seconds': { type: 'string' },
    rows: { type: 'string' },
  } as const;
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error: unknown) {
    throw new RebuildUsageError(error instanceof Error ? error.message : String(error));
  }
}

function parseNumber(
  option: string,
  text: string,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new RebuildUsageError(`--${option} must be a whole number from ${min} to ${max}`);
  }
  return value;
}
