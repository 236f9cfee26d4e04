import { types } from 'node:util';

const { isNativeError } = types;

/** Exponential backoff with full jitter: uniformly random up to `min(maxMs, baseMs * 2^attempt)`. */
export interface BackoffPolicy {
  readonly baseMs: number;
  readonly maxMs: number;
}

/**
 * Delay before the next try in milliseconds. `attempt` counts from 0; `random` is in [0, 1). Never below half the
 * base, so that a run of small random numbers is no busy loop.
 * Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export function nextBackoffMs(policy: BackoffPolicy, attempt: number, random: number): number {
  const ceilingMs = Math.min(policy.maxMs, policy.baseMs * 2 ** Math.min(attempt, 30));
  return Math.max(policy.baseMs / 2, Math.round(ceilingMs * random));
}

/** SQLSTATEs and socket errors after which the same transaction may be tried again. */
const RETRYABLE_POSTGRES_CODES = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '53100', // disk_full
  '53200', // out_of_memory
  '53300', // too_many_connections
  '55P03', // lock_not_available
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '25006', // read_only_sql_transaction: a primary that became a replica
  '08000',
  '08001',
  '08003',
  '08004',
  '08006',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** Messages of node-postgres that come without a code when a connection is lost, silent or cannot be had. */
const RETRYABLE_POSTGRES_MESSAGES =
  /Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client has encountered a connection error/;

/** Whether a Postgres error says nothing about the statement itself, only about the moment. */
export function isRetryablePostgresError(error: unknown): boolean {
  // Not instanceof: a test runner has realms of its own, and core errors come from another.
  if (!isNativeError(error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && RETRYABLE_POSTGRES_CODES.has(code)) return true;
  if ('errors' in error && Array.isArray(error.errors)) return error.errors.some(isRetryablePostgresError);
  return RETRYABLE_POSTGRES_MESSAGES.test(error.message);
}
