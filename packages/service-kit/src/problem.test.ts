import { describe, expect, test } from '@jest/globals';
import { PROBLEMS } from '@orderflow/contracts/problem-types';
import { silentLogger } from './logger.ts';
import { problemErrors, ProblemError, toProblem } from './problem.ts';

describe('ProblemError', () => {
  test('says in its message what is special about this case, if anything', () => {
    expect(new ProblemError(PROBLEMS.internal).message).toBe(PROBLEMS.internal.title);
    expect(new ProblemError(PROBLEMS.internal, { detail: 'disk full' }).message).toBe('disk full');
  });

  test('keeps its cause for the log and has the problem type as its code', () => {
    const cause = new Error('disk full');
    const error = new ProblemError(PROBLEMS.internal, {}, { cause });
    expect(error).toMatchObject({ name: 'ProblemError', code: 'urn:orderflow:problem:internal', cause, headers: {} });
  });
});

describe('problemErrors', () => {
  test('points into the body as RFC 6901 does', () => {
    const issues = [
      { path: ['items', 0, 'price'], message: 'too low' },
      { path: ['a/b', 'c~d', ''], message: 'odd' },
      { path: [], message: 'no object' },
    ];
    expect(problemErrors(issues)).toEqual([
      { pointer: '/items/0/price', detail: 'too low' },
      { pointer: '/a~1b/c~0d/', detail: 'odd' },
      { pointer: '', detail: 'no object' },
    ]);
  });

  test('names no more than 20: a body of 64 KB can be wrong in thousands of places', () => {
    const issues = Array.from({ length: 1_000 }, (_, index) => ({ path: ['items', index], message: 'wrong' }));
    const errors = problemErrors(issues);
    expect(errors).toHaveLength(20);
    expect(errors.at(-1)?.pointer).toBe('/items/19');
  });
});

describe('toProblem', () => {
  const context = { logger: silentLogger(), database: 'the orders database' };
  const statusOf = (error: unknown): number => toProblem(error, context).problem.status;

  test('leaves a problem as it is, and calls a malformed path the fault of the caller', () => {
    const problem = new ProblemError(PROBLEMS.orderNotFound);
    expect(toProblem(problem, context)).toBe(problem);
    expect(statusOf(new URIError('malformed'))).toBe(400);
  });

  test.each(['57P01', '57014', 'ECONNREFUSED'])(
    'answers 503 with Retry-After when the database fails with %s',
    (code) => {
      const problem = toProblem(Object.assign(new Error('gone'), { code }), context);
      expect(problem.problem.status).toBe(503);
      expect(problem.headers).toEqual({ 'retry-after': '1' });
      expect(problem.facts.detail).toBe('the orders database does not answer');
    },
  );

  test('answers 500 without its text to what nobody foresaw, be it no error at all', () => {
    const secret = toProblem(new Error('password is hunter2'), context);
    expect(secret.problem.status).toBe(500);
    expect(JSON.stringify({ ...secret.problem, ...secret.facts })).not.toContain('hunter2');
    expect(statusOf(undefined)).toBe(500);
  });
});
