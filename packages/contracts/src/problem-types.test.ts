import { expect, test } from '@jest/globals';
import { PROBLEMS, problemSchema } from './problem-types.ts';

const problems = Object.entries(PROBLEMS);

test('no two problems have the same type or the same title', () => {
  expect(new Set(problems.map(([, { type }]) => type)).size).toBe(problems.length);
  expect(new Set(problems.map(([, { title }]) => title)).size).toBe(problems.length);
});

test.each(problems)('%s is named after itself and is a client’s or a server’s fault', (name, { type, status }) => {
  const slug = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  expect(type).toBe(`urn:orderflow:problem:${slug}`);
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(600);
});

test.each(problems)('%s is a body that the contract describes', (_, problem) => {
  const errors = [{ pointer: '/items/0', detail: 'is missing' }];
  expect(problemSchema.parse({ ...problem, detail: 'why', errors })).toEqual({ ...problem, detail: 'why', errors });
});
