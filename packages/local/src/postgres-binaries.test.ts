import { expect, test } from '@jest/globals';
import { parsePostgresMajor, sortNewestFirst } from './postgres-binaries.ts';

test.each([
  ['postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)', 15],
  ['postgres (PostgreSQL) 18beta1', 18],
  ['postgres (PostgreSQL) 9.6.24', 9],
  ['bash: postgres: command not found', undefined],
])('the major version is read from %j', (output, major) => {
  expect(parsePostgresMajor(output)).toBe(major);
});

test('versions are tried from the newest, by number and not by letters', () => {
  expect(sortNewestFirst(['9', '16', '15'])).toEqual(['16', '15', '9']);
  expect(sortNewestFirst(['postgresql@9', 'postgresql@17'])).toEqual(['postgresql@17', 'postgresql@9']);
});
