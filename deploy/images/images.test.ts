import { describe, expect, test } from '@jest/globals';
import { readImagesConfig } from './config.ts';
import { faultsOf, renderTable, type SeenImage } from './judge.ts';

const GOOD: SeenImage = {
  reference: 'orderflow/operator:dev',
  sizeBytes: 290_000_000,
  baseBytes: 200_000_000,
  pid: 1,
  uid: 10_001,
  exitCode: 2,
};

describe('an image', () => {
  test('may be 90 MB above its base, and not a byte more', () => {
    expect(faultsOf(GOOD)).toEqual([]);
    expect(faultsOf({ ...GOOD, sizeBytes: 290_000_001 })).toEqual([
      'orderflow/operator:dev is 90.0 MB above its base, more than 90.0 MB',
    ]);
  });

  test.each([
    [{ uid: 0 }, 'orderflow/operator:dev runs as root'],
    [{ pid: 7 }, 'orderflow/operator:dev node is process 7, not 1: it would miss the signals'],
    [{ exitCode: 1 }, 'orderflow/operator:dev answers a wrong configuration with exit code 1, not with 2'],
  ])('with %j is at fault', (change, fault) => {
    expect(faultsOf({ ...GOOD, ...change })).toEqual([fault]);
  });
});

test('the table lines up', () => {
  expect(renderTable([GOOD]).split('\n')).toEqual([
    'image                      size  above base    uid',
    'orderflow/operator:dev 290.0 MB     90.0 MB  10001',
  ]);
});

describe('the configuration', () => {
  test('is a dev tag and no secrets when nothing is set', () => {
    expect(readImagesConfig({ TAG: '', NPMRC: '' })).toEqual({
      docker: 'docker',
      tag: 'dev',
      secrets: {},
      buildFlags: [],
    });
  });

  test('passes on certificate, login, proxy and flags', () => {
    const env = {
      DOCKER: '/usr/bin/docker',
      TAG: '1.2.3',
      NPMRC: '/home/me/.npmrc',
      NODE_EXTRA_CA_CERTS: '/ca.crt',
      HTTPS_PROXY: 'http://proxy',
      DOCKER_BUILD_FLAGS: '--network=host --no-cache',
    };
    expect(readImagesConfig(env)).toEqual({
      docker: '/usr/bin/docker',
      tag: '1.2.3',
      secrets: { npmrc: '/home/me/.npmrc', ca: '/ca.crt' },
      buildFlags: ['--build-arg=HTTPS_PROXY', '--network=host', '--no-cache'],
    });
  });
});
