import {
  pino,
  stdSerializers,
  type Bindings,
  type ChildLoggerOptions,
  type DestinationStream,
  type Logger,
} from 'pino';

export type { Logger } from 'pino';

/** Names of fields, headers and environment variables whose values never reach a log. */
const SECRET_NAME = /(?:password|secret|token|authorization|cookie|connectionString|database_?url|api_?keys?)$/i;
const REDACTED_LEVELS = 3;

export interface LoggerOptions {
  readonly service: string;
  readonly level: string;
  /** Where the lines go; stdout by default. */
  readonly destination?: DestinationStream;
}

/** JSON lines with an ISO time, the level's name and the service; secrets are redacted in the first three levels. */
export function createLogger({ service, level, destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    // Not pino's own redaction: its wildcards cost 100 us a line and more, twenty times what the line itself does.
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (fields: Record<string, unknown>) => redact(fields, REDACTED_LEVELS),
    },
    serializers: {
      err: (error: Error) => redact(withoutRows({ ...stdSerializers.err(error) }), REDACTED_LEVELS - 1),
    },
  };
  return redactInChildren(destination === undefined ? pino(options) : pino(options, destination));
}

/** A PostgreSQL error without the fields that quote rows and parameters; which constraint it was stays. */
function withoutRows(fields: Record<string, unknown>): Record<string, unknown> {
  if (!('severity' in fields)) return fields;
  const { detail: _detail, where: _where, internalQuery: _query, ...kept } = fields;
  return kept;
}

/** The bindings of a child do not go through the formatter that those of the first logger do. */
function redactInChildren(logger: Logger): Logger {
  type CreateChild = (this: Logger, fields: Bindings, options?: ChildLoggerOptions) => Logger;
  const plain = Object.getPrototypeOf(logger) as { readonly child: CreateChild };
  const child: CreateChild = function (fields, options) {
    return plain.child.call(this, redact(fields, REDACTED_LEVELS), options);
  };
  return Object.assign(logger, { child });
}

/** The fields with secrets made unreadable; a copy only where there are any. */
function redact(fields: Record<string, unknown>, levels: number): Record<string, unknown> {
  let redacted = fields;
  for (const [name, value] of Object.entries(fields)) {
    const shown = showField(name, value, levels - 1);
    if (shown === value) continue;
    if (redacted === fields) redacted = { ...fields };
    redacted[name] = shown;
  }
  return redacted;
}

function showField(name: string, value: unknown, levels: number): unknown {
  if (SECRET_NAME.test(name)) return '[redacted]';
  // Errors have a serializer, which sees what they are.
  if (typeof value !== 'object' || value === null || value instanceof Error || levels === 0) return value;
  return Array.isArray(value) ? redactElements(value, levels) : redact(value as Record<string, unknown>, levels);
}

function redactElements(elements: readonly unknown[], levels: number): readonly unknown[] {
  const shown = elements.map((element) => showField('', element, levels));
  return shown.every((element, index) => element === elements[index]) ? elements : shown;
}

/**
 * Stdout for a process that writes a line per request: a write per line costs as much as all the rest of the line.
 * Lines go out 4 kB at a time, after 100 ms at the latest and when the process exits; one that is killed loses what it
 * had not written.
 */
export function bufferedStdout(): DestinationStream {
  return pino.destination({ dest: process.stdout.fd, minLength: 4_096, periodicFlush: 100, sync: false });
}

/** A logger that says nothing, for tests. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' });
}
