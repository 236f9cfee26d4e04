/** What can go wrong while the embedded default is set up or runs; docs and tests refer to these codes. */
export type LocalErrorCode =
  | 'JAVA_MISSING'
  | 'JAVA_TOO_OLD'
  | 'MAVEN_MISSING'
  | 'NPM_MISSING'
  | 'PROMETHEUS_MISSING'
  | 'PYTHON_MISSING'
  | 'DISK_FULL'
  | 'PORT_TAKEN'
  | 'DOWNLOAD_FAILED'
  | 'COMMAND_FAILED'
  | 'CLUSTER_UNREACHABLE'
  | 'NO_DATA_STORES'
  | 'CHILD_EXITED'
  | 'CHILD_NOT_READY'
  | 'POSTGRES_CANNOT_RUN'
  | 'RUN_ABORTED';

interface LocalErrorFacts {
  readonly code: LocalErrorCode;
  /** One sentence for a person: what is wrong. */
  readonly message: string;
  /** One sentence for a person: what to do about it. */
  readonly fix: string;
  /** The last lines of a log, where they help. */
  readonly details?: string;
  readonly cause?: unknown;
}

/** A failure of the embedded default that its user can put right: one sentence what, one sentence how. */
export class LocalError extends Error {
  readonly code: LocalErrorCode;
  readonly fix: string;
  readonly details: string | undefined;

  constructor(facts: LocalErrorFacts) {
    super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'LocalError';
    this.code = facts.code;
    this.fix = facts.fix;
    this.details = facts.details;
  }
}

/** The text to print for any error: a LocalError without its stack, everything else with it. */
export function describeError(error: unknown): string {
  if (error instanceof LocalError) {
    const details = error.details === undefined ? '' : `\n${error.details.replaceAll(/^/gm, '    ')}`;
    return `${error.message}\n  Fix: ${error.fix}${details}`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
