import { expect, test } from '@jest/globals';
import { describeError, LocalError } from './local-error.ts';

test('a local error is told in sentences: what, how to fix it, the last log lines; no stack', () => {
  const error = new LocalError({
    code: 'CHILD_EXITED',
    message: 'kafka ended with exit code 1.',
    fix: 'Look at its log.',
    details: 'first\nsecond',
  });
  expect(describeError(error)).toBe('kafka ended with exit code 1.\n  Fix: Look at its log.\n    first\n    second');
});

test('any other error is a bug and keeps its stack', () => {
  expect(describeError(new Error('boom'))).toContain('local-error.test.ts');
  expect(describeError('text')).toBe('text');
});
