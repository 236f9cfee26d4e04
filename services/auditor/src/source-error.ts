/** Something that the audit needs could not be read, so there is no verdict. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  readonly code = 'SOURCE_UNREADABLE';
  /** What could not be read: `orders database at 127.0.0.1:5432/orders`. */
  readonly source: string;

  constructor(source: string, cause: unknown) {
    super(`the ${source} cannot be read: ${reasonOf(cause)}`, { cause });
    this.source = source;
  }
}

/** Reads a source; whatever goes wrong becomes a SourceError that names it. */
export async function readSource<T>(source: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error: unknown) {
    throw error instanceof SourceError ? error : new SourceError(source, error);
  }
}

/** A refused connection is an AggregateError without a message when a name has several addresses. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}
