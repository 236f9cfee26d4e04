/**
 * SQLSTATE classes that say something about the values of a statement: data exception, integrity violation, program
 * limit exceeded (an index row that is too large), and what a trigger raises.
 */
const REFUSAL_CLASSES = new Set(['22', '23', '54', 'P0']);

const SQLSTATE = /^[0-9A-Z]{5}$/;

/**
 * Whether the database refuses what it was given, so that trying again cannot help. Everything else is about the
 * moment or about the installation (no connection, a timeout, a full disk, a missing table or right): events must not
 * be condemned for it.
 */
export function isRefusal(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && SQLSTATE.test(code) && REFUSAL_CLASSES.has(code.slice(0, 2));
}
