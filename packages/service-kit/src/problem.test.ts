import { describe, expect, test } from '@jest/globals';
import { PROBLEMS } from '@orderflow/contracts/problem-types';
import { problemErrors, ProblemError } from './problem.ts';

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
