import { PROBLEMS, type ProblemType } from '@orderflow/contracts/problem-types';

/**
 * Why there is no answer to pass on: `connect` no byte of the request was sent; `overload` not even tried, too many wait
 * already; `reset` the connection broke before the head of the answer; `timeout` no head in time; `protocol` what came
 * is not HTTP.
 */
export type UpstreamFailure = 'connect' | 'overload' | 'reset' | 'timeout' | 'protocol';

/** The upstream did not answer within UPSTREAM_TIMEOUT_MS. */
export class UpstreamTimeoutError extends Error {
  override readonly name = 'UpstreamTimeoutError';
  readonly code = 'UPSTREAM_TIMEOUT';

  constructor() {
    super('the upstream did not answer in time');
  }
}

const RESET_CODES = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);
const TIMEOUT_CODES = new Set(['UPSTREAM_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
/** undici refused the request itself: it can never be sent. */
const UNSENDABLE_CODES = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED']);

/** `sent`: whether any byte of the request may have reached the upstream. */
export function classifyFailure(error: unknown, sent: boolean): UpstreamFailure {
  const code = errorCode(error);
  if (TIMEOUT_CODES.has(code)) return 'timeout';
  if (UNSENDABLE_CODES.has(code)) return 'protocol';
  if (!sent) return 'connect';
  return RESET_CODES.has(code) ? 'reset' : 'protocol';
}

export function errorCode(error: unknown): string {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'UNKNOWN';
}

/** How often a request is sent at most. */
export const MAX_ATTEMPTS = 2;

export function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

/**
 * Whether a request has one effect however often it comes: reads, and orders under an Idempotency-Key. The transitions
 * know no such key. `sentFields` are those that go upstream, a flat list of names and values.
 */
export function isRepeatable(method: string, route: string, sentFields: readonly string[]): boolean {
  if (isRead(method)) return true;
  const keyAt = sentFields.indexOf('idempotency-key');
  return method === 'POST' && route === '/orders' && keyAt !== -1 && sentFields[keyAt + 1] !== '';
}

export interface RetryFacts {
  readonly failure: UpstreamFailure;
  /** Tries so far, the failed one included. */
  readonly attempts: number;
  readonly repeatable: boolean;
}

/**
 * Whether a failed request may be sent again without anybody noticing. What was not sent may always be. A reset (mostly
 * of a kept-alive connection that the other side was just closing) leaves open whether the request was carried out, so
 * only a repeatable one goes again. Timeouts are final: the time is used up.
 */
export function decideRetry({ failure, attempts, repeatable }: RetryFacts): boolean {
  if (attempts >= MAX_ATTEMPTS) return false;
  return failure === 'connect' || (failure === 'reset' && repeatable);
}

export interface FailureAnswer {
  readonly problem: ProblemType;
  readonly retryAfterSeconds?: number;
}

const ANSWERS: Readonly<Record<UpstreamFailure, FailureAnswer>> = {
  connect: { problem: PROBLEMS.unavailable, retryAfterSeconds: 1 },
  overload: { problem: PROBLEMS.unavailable, retryAfterSeconds: 1 },
  reset: { problem: PROBLEMS.badGateway },
  timeout: { problem: PROBLEMS.gatewayTimeout },
  protocol: { problem: PROBLEMS.badGateway },
};

/** What the client is told. 503 says that nothing happened; 502 and 504 leave it open. */
export function answerFor(failure: UpstreamFailure): FailureAnswer {
  return ANSWERS[failure];
}

/** What is said to a client who cannot know whether to send again; undefined when sending again does no harm. */
export function adviceFor({ sent, repeatable }: { readonly sent: boolean; readonly repeatable: boolean }) {
  if (!sent || repeatable) return undefined;
  return 'It is not known whether the request was carried out';
}
