import { expect, test } from '@jest/globals';
import { plainArray } from './postgres-arrays.ts';

test('elements stand as they are, and what is missing is NULL', () => {
  expect(plainArray([1, 2n, null, '2026-01-31T12:00:00.000Z'])).toBe('{1,2,NULL,2026-01-31T12:00:00.000Z}');
  expect(plainArray([])).toBe('{}');
});
