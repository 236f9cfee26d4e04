import { parseArgs } from 'node:util';
import type { DeadLetter } from './dead-letter-store.ts';

export const DLQ_USAGE = `usage: npm run dlq -- list   [--partition N] [--offset N] [--all]
       npm run dlq -- replay [--partition N] [--offset N] [--all] [--dry-run]

list    shows the dead letters that were not replayed; with --all the replayed ones as well
replay  sends dead letters back to their topic; asks for --partition, --offset or --all
`;

export interface DlqCommand {
  readonly action: 'list' | 'replay';
  readonly partition?: number | undefined;
  readonly sourceOffset?: number | undefined;
  readonly isForAll: boolean;
  readonly isDryRun: boolean;
}

/** The command line makes no sense; the message says why. */
export class DlqUsageError extends Error {
  override readonly name = 'DlqUsageError';
  readonly code = 'DLQ_USAGE';
}

/** @throws {DlqUsageError} */
export function parseDlqCommand(args: readonly string[]): DlqCommand {
  const { positionals, values } = parseWords(args);
  const [action, ...rest] = positionals;
  if ((action !== 'list' && action !== 'replay') || rest.length > 0) {
    throw new DlqUsageError('say what to do: list or replay');
  }
  const command = {
    action,
    partition: parseNumber('partition', values.partition),
    sourceOffset: parseNumber('offset', values.offset),
    isForAll: values.all ?? false,
    isDryRun: values['dry-run'] ?? false,
  } as const;
  const isNarrowed = command.partition !== undefined || command.sourceOffset !== undefined;
  if (action === 'replay' && !isNarrowed && !command.isForAll) {
    throw new DlqUsageError('say which to replay: --partition, --offset or --all');
  }
  return command;
}

function parseWords(args: readonly string[]) {
  const options = {
    partition: { type: 'string' },
    offset: { type: 'string' },
    all: { type: 'boolean' },
    'dry-run': { type: 'boolean' },
  } as const;
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error: unknown) {
    throw new DlqUsageError(error instanceof Error ? error.message : String(error));
  }
}

function parseNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new DlqUsageError(`--${option} must be a whole number from 0`);
  }
  return value;
}

/** One line per letter: place, state, key and reason. */
export function formatDeadLetter(letter: DeadLetter): string {
  const state = letter.replayedAt === null ? 'open' : `replayed ${letter.replayedAt.toISOString()}`;
  const key = letter.key?.toString('utf8') ?? '-';
  const place = `partition ${letter.partition}  offset ${letter.sourceOffset}`;
  // A reason may quote the message: control characters must not reach the terminal.
  const line = `${place}  ${letter.failedAt.toISOString()}  ${state}  key ${key}  ${letter.error}`;
  return line.replaceAll(/[\p{Cc}\p{Cf}]/gu, '\u{FFFD}');
}
