import { describe, expect, test } from '@jest/globals';
import { findVersion, isAtLeast } from './version.ts';

test.each([
  ['Docker version 28.2.2, build e6534b4', '28.2.2'],
  ['v3.22.0+g1a2b3c4', '3.22.0'],
  ['v3.22', '3.22.0'],
  ['Client Version: v1.32.4-dispatcher\nKustomize Version: v5.5.0', '1.32.4'],
  ['kind v0.33.0 go1.26.8 linux/amd64', '0.33.0'],
  ['command not found', undefined],
])('the version in %j is %s', (text, version) => {
  expect(findVersion(text)).toBe(version);
});

describe('a version', () => {
  test.each([
    ['1.30.0', '1.30.0'],
    ['1.100.0', '1.30.0'],
    ['2.0.0', '1.99.99'],
    ['20.10.24', '20.10.0'],
  ])('%s is at least %s', (version, oldest) => {
    expect(isAtLeast(version, oldest)).toBe(true);
  });

  test.each([
    ['1.9.0', '1.30.0'],
    ['1.30.0', '1.30.1'],
    ['3.4.0', '20.0.0'],
  ])('%s is older than %s', (version, oldest) => {
    expect(isAtLeast(version, oldest)).toBe(false);
  });
});
