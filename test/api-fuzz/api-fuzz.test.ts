import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { parseFuzzOptions } from './options.ts';
import { readFuzzOutcome } from './outcome.ts';

const report = {
  complete: true,
  operations: { total: 7, tested: 7 },
  test_cases: { generated: 10_000, with_failures: 0, errored: 0 },
};

describe('the outcome of a fuzz run', () => {
  test('counts requests that failed and those that could not be judged', () => {
    const cases = { generated: 10_000, with_failures: 3, errored: 2 };
    expect(readFuzzOutcome({ ...report, test_cases: cases }, 10_000)).toEqual({
      passed: 9_995,
      failed: 5,
      shortcomings: [],
    });
  });

  test.each([
    ['too few requests', { test_cases: { ...report.test_cases, generated: 9_999 } }, '9999 requests'],
    ['an operation left out', { operations: { total: 7, tested: 6 } }, '6 of 7 operations'],
    ['an end too early', { complete: false }, 'not complete'],
  ])('proves nothing with %s', (_, change, reason) => {
    const { shortcomings } = readFuzzOutcome({ ...report, ...change }, 10_000);
    expect(shortcomings).toEqual([expect.stringContaining(reason)]);
  });

  test('is not read from something else', () => {
    expect(() => readFuzzOutcome({ passed: 10_000 }, 10_000)).toThrow(z.ZodError);
  });
});

describe('the options of a fuzz run', () => {
  test('ask for ten thousand requests from another seed each time', () => {
    expect(parseFuzzOptions([])).toMatchObject({ seed: undefined, requiredCases: 10_000 });
  });

  test('hold a run of another size to no number', () => {
    expect(parseFuzzOptions(['--seed', '42', '--cases-per-operation', '10'])).toEqual({
      seed: 42,
      casesPerOperation: 10,
      requiredCases: 1,
    });
  });

  test.each([
    [['--seed', 'x'], '--seed must be'],
    [['--cases-per-operation', '0'], '--cases-per-operation must be'],
    [['--nonsense'], "Unknown option '--nonsense'"],
  ])('refuse %p', (args, reason) => {
    expect(() => parseFuzzOptions(args)).toThrow(reason);
  });
});
