import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { parseRequestTarget } from './request-target.ts';

describe('parseRequestTarget', () => {
  test.each([
    ['/', '/', ''],
    ['/orders', '/orders', ''],
    ['/orders?limit=5&cursor=a%2Fb', '/orders', '?limit=5&cursor=a%2Fb'],
    [
      '/orders/01931f6e-6f2a-7c3e-9d2b-1f0e5a4b3c2d/payment',
      '/orders/01931f6e-6f2a-7c3e-9d2b-1f0e5a4b3c2d/payment',
      '',
    ],
    ['/.well-known/x', '/.well-known/x', ''],
    ['/a..b', '/a..b', ''],
    ['/orders?', '/orders', '?'],
    ['/orders?a=//../x', '/orders', '?a=//../x'],
    ['http://example.test/orders?x=1', '/orders', '?x=1'],
    ['HTTP://example.test', '/', ''],
  ])('takes %s', (url, path, query) => {
    expect(parseRequestTarget(url)).toEqual({ path, query });
  });

  test.each([
    '/orders/../admin',
    '/orders/..',
    '/./orders',
    '//orders',
    '/orders//x',
    '/orders/',
    '/orders/%2e%2e/admin',
    '/orders%2Fx',
    '/orders\\x',
    '/orders;x=1',
    '/orders#x',
    '/orders?a#b',
    '/orders?a b',
    '/orders\u00e9',
    '/orders?\u00e9',
    '/orders\u0000',
    'orders',
    '*',
    '',
    'ftp://example.test/orders',
    'http://example.test//orders',
  ])('refuses %j', (url) => {
    expect(parseRequestTarget(url)).toBeUndefined();
  });

  test('whatever passes reads the same to a URL parser', () => {
    const pieces = fc.constantFrom(
      '/',
      '.',
      '..',
      'orders',
      '%2f',
      '%2e',
      '\\',
      '?',
      '#',
      'a',
      ':',
      '@',
      ';',
      '//',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
        const target = parseRequestTarget(`/${parts.join('')}`);
        if (target === undefined) return;
        const url = new URL(target.path + target.query, 'http://gateway.test');
        expect(url.host).toBe('gateway.test');
        expect(url.pathname).toBe(target.path);
      }),
      { numRuns: 2_000 },
    );
  });
});
