import { expect, test } from '@jest/globals';
import { ConfigError } from '@orderflow/service-kit/config';
import { readConsoleConfig } from './config.ts';

const LEAST = { GATEWAY_URL: 'http://gateway', PLATFORM_FILE: 'platform.json' };

/** The keys that are named as bad. */
function badKeys(env: Readonly<Record<string, string>>): readonly string[] {
  try {
    readConsoleConfig(env);
    return [];
  } catch (error: unknown) {
    if (error instanceof ConfigError) return error.problems.map(({ key }) => key);
    throw error;
  }
}

test('every bad key is named', () => {
  const env = {
    GATEWAY_URL: 'gateway',
    CONSOLE_API_KEY: 'short',
    CONSOLE_ALLOWED_HOSTS: 'a,http://b',
    AUDITOR_URL: 'x',
  };
  expect(badKeys({ ...LEAST, ...env })).toEqual(expect.arrayContaining(Object.keys(env)));
});

test('the address of traces is one of the web, with a place for the order', () => {
  const read = (TRACE_URL_TEMPLATE: string) => badKeys({ ...LEAST, TRACE_URL_TEMPLATE });
  expect(read('http://jaeger/search?tags=%7B%22orderflow.order.id%22%3A%22{orderId}%22%7D')).toEqual([]);
  expect(read('http://jaeger/search')).toEqual(['TRACE_URL_TEMPLATE']);
  expect(read('javascript:alert({orderId})')).toEqual(['TRACE_URL_TEMPLATE']);
});

test('processes come from a file or by names, not both and not neither', () => {
  const { PLATFORM_FILE, ...others } = LEAST;
  const names = { OPERATOR_ADMIN_URL: 'http://operator-admin:9090' };
  expect(badKeys(others)).toEqual(['PLATFORM_FILE']);
  expect(badKeys({ ...others, ...names })).toEqual([]);
  expect(badKeys({ ...others, ...names, PLATFORM_FILE })).toEqual(['PLATFORM_FILE']);
  expect(badKeys({ ...others, OPERATOR_ADMIN_URL: 'operator:9090' })).toEqual(['OPERATOR_ADMIN_URL']);
});

test('only loopback names are answered unless more are said', () => {
  const hostsOf = (text: string) => readConsoleConfig({ ...LEAST, CONSOLE_ALLOWED_HOSTS: text }).CONSOLE_ALLOWED_HOSTS;
  expect(hostsOf('')).toEqual(new Set());
  expect(hostsOf('Console.example.com, shop-console.shop.svc')).toEqual(
    new Set(['console.example.com', 'shop-console.shop.svc']),
  );
  expect(hostsOf('*')).toBe('any');
});
