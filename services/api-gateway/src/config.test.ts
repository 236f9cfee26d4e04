import { describe, expect, test } from '@jest/globals';
import { ConfigError } from '@orderflow/service-kit/config';
import { rateLimiterOf, readGatewayConfig } from './config.ts';

const required = { ORDER_SERVICE_URL: 'http://orders:8081', EVENT_PROCESSOR_URL: 'http://analytics:8082' };

describe('readGatewayConfig', () => {
  test('needs no more than the upstreams', () => {
    expect(readGatewayConfig(required)).toMatchObject({
      UPSTREAM_TIMEOUT_MS: 10_000,
      MAX_BODY_BYTES: 65_536,
      RATE_LIMIT_PER_SECOND: 0,
      TRUST_PROXY_HOPS: 0,
      TRUST_TRACEPARENT: false,
    });
  });

  test('names every bad key at once', () => {
    const env = { ORDER_SERVICE_URL: 'nonsense', MAX_BODY_BYTES: '64k', TRUST_TRACEPARENT: 'maybe' };
    const read = (): unknown => readGatewayConfig(env);
    expect(read).toThrow(ConfigError);
    for (const key of ['ORDER_SERVICE_URL', 'EVENT_PROCESSOR_URL', 'MAX_BODY_BYTES', 'TRUST_TRACEPARENT']) {
      expect(read).toThrow(key);
    }
  });

  test('refuses an upstream with a path, which would be lost', () => {
    const env = { ...required, ORDER_SERVICE_URL: 'http://orders:8081/v2' };
    expect(() => readGatewayConfig(env)).toThrow('ORDER_SERVICE_URL must be an origin');
  });
});

describe('rateLimiterOf', () => {
  test('is off at 0', () => {
    expect(rateLimiterOf(readGatewayConfig(required))).toBeUndefined();
  });

  test('lets the requests of one second through at once, unless told otherwise', () => {
    const limited = { ...required, RATE_LIMIT_PER_SECOND: '2.5' };
    expect(rateLimiterOf(readGatewayConfig(limited))?.policy).toEqual({ perSecond: 2.5, burst: 3 });
    expect(rateLimiterOf(readGatewayConfig({ ...limited, RATE_LIMIT_BURST: '40' }))?.policy.burst).toBe(40);
  });
});
