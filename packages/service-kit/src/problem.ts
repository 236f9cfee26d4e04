import type { ServerResponse } from 'node:http';
import { PROBLEMS, type Problem, type ProblemType } from '@orderflow/contracts/problem-types';
import type { Logger } from './logger.ts';
import { lingerAndEnd } from './request-body.ts';
import { isRetryablePostgresError } from './retry.ts';

export type ProblemFacts = Partial<Pick<Problem, 'detail' | 'errors' | 'instance' | 'requestId'>>;

/** An error that has a place in the API's contract: thrown anywhere below a handler, answered as problem+json. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly code: string;
  readonly problem: ProblemType;
  readonly facts: ProblemFacts;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    problem: ProblemType,
    facts: ProblemFacts = {},
    options: { readonly cause?: unknown; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(facts.detail ?? problem.title, { cause: options.cause });
    this.code = problem.type;
    this.problem = problem;
    this.facts = facts;
    this.headers = options.headers ?? {};
  }
}

/**
 * Writes an RFC 9457 answer; a response whose headers are out is cut instead, as nothing valid can follow. With
 * `connection: close` a client that is still sending gets the time to read it.
 */
export function sendProblem(response: ServerResponse, error: ProblemError): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body: Problem = { ...error.problem, ...error.facts };
  const text = JSON.stringify(body);
  response.writeHead(error.problem.status, {
    ...error.headers,
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(text),
  });
  if (response.req.complete || error.headers['connection'] !== 'close') {
    response.end(text);
    return;
  }
  response.write(text);
  lingerAndEnd(response.req, response);
}

export interface ProblemContext {
  readonly logger: Logger;
  /** Which database a request waited for in vain, in the words of the answer: `the orders database`. */
  readonly database: string;
}

/** Every error as one of the contract's; what nobody foresaw is logged here and answered without its text. */
export function toProblem(error: unknown, { logger, database }: ProblemContext): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof URIError) return new ProblemError(PROBLEMS.invalidRequest, { detail: 'the path is not valid' });
  if (isRetryablePostgresError(error) || isStatementTimeout(error)) {
    const detail = `${database} does not answer`;
    logger.warn({ err: error }, 'request failed, the database does not answer');
    return new ProblemError(PROBLEMS.unavailable, { detail }, { cause: error, headers: { 'retry-after': '1' } });
  }
  logger.error({ err: error }, 'request failed');
  return new ProblemError(PROBLEMS.internal, {}, { cause: error });
}

/** SQLSTATE query_canceled: the statement timeout struck, and the transaction was rolled back. */
function isStatementTimeout(error: unknown): boolean {
  return (error as { readonly code?: unknown } | undefined)?.code === '57014';
}

/** The fields that a zod issue list complains about, as RFC 6901 pointers (cut at 20: enough to mend, bounded). */
export function problemErrors(
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): { pointer: string; detail: string }[] {
  return issues.slice(0, 20).map(({ path, message }) => ({
    pointer: path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
    detail: message,
  }));
}
