import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { lockfileFaults, looseDependencies } from './lockfile.ts';

const REPOSITORY = resolve(import.meta.dirname, '..');
const readJson = (path: string): unknown => JSON.parse(readFileSync(join(REPOSITORY, path), 'utf8'));
const MANIFESTS = [
  'package.json',
  'operator/package.json',
  'bench/peers/package.json',
  ...globSync('{packages,services}/*/package.json', { cwd: REPOSITORY }),
];

const lockfileWith = (entry: object) => ({ lockfileVersion: 3, packages: { '': {}, 'node_modules/a': entry } });
const GOOD = { version: '1.0.0', integrity: 'sha512-abc' };

describe('the lockfile', () => {
  test.each(['package-lock.json', 'bench/peers/package-lock.json'])(
    'names every package by its content and takes none from elsewhere (%s)',
    (lockfile) => expect(lockfileFaults(readJson(lockfile))).toEqual([]),
  );

  test('may lack the hash of a development binary for another platform, and of nothing that a program runs with', () => {
    const binary = { version: '1.0.0', optional: true };
    expect(lockfileFaults(lockfileWith({ ...binary, dev: true }))).toEqual([]);
    expect(lockfileFaults(lockfileWith(binary))).toHaveLength(1);
  });

  test.each([
    ['without a hash', { version: '1.0.0' }],
    ['with a weak hash', { ...GOOD, integrity: 'sha1-abc' }],
    ['from Git', { ...GOOD, resolved: 'git+ssh://git@example.com/a.git#abc' }],
  ])('is found fault with when a package is %s', (_, entry) => {
    expect(lockfileFaults(lockfileWith(GOOD))).toEqual([]);
    expect(lockfileFaults(lockfileWith(entry))).toHaveLength(1);
  });
});

describe('the manifests', () => {
  test.each(MANIFESTS)('%s names versions', (path) => {
    expect(looseDependencies(readJson(path))).toEqual([]);
  });

  test.each(['*', 'latest', 'github:someone/a', 'file:../a', '>=1'])('would be found fault with for %s', (range) => {
    expect(looseDependencies({ dependencies: { a: range } })).toHaveLength(1);
  });
});
