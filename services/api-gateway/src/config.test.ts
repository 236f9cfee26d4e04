import { describe, expect, test } from '@jest/globals';
import { ConfigError } from '@orderflow/service-kit/config';
import { KEY_LIST, STAFF_KEY } from '../test/api-keys.ts';
import { orderAdmissionOf, rateLimiterOf, readGatewayConfig } from './config.ts';

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

describe('API_KEYS', () => {
  test('is off when it is left out', () => {
    expect(readGatewayConfig(required).API_KEYS).toBeUndefined();
  });

  test('reads the list', () => {
    const { API_KEYS } = readGatewayConfig({ ...required, API_KEYS: KEY_LIST });
    expect(API_KEYS?.find(STAFF_KEY)).toEqual({ clientId: 'warehouse', role: 'staff' });
  });

  test('a list that is wrong is refused without a word of what stands in it', () => {
    const read = (): unknown => readGatewayConfig({ ...required, API_KEYS: `${KEY_LIST}shop staff canary-in-clear` });
    expect(read).toThrow('API_KEYS has no "client customer|staff sha256" in line 5');
    expect(read).not.toThrow(/canary|[0-9a-f]{64}/);
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

describe('orderAdmissionOf', () => {
  test('keeps an eighth of the places at the order service for what is no new order', () => {
    expect(orderAdmissionOf(readGatewayConfig(required), 0)?.limit).toBe(2_016);
    const small = { ...required, UPSTREAM_CONNECTIONS: '4', UPSTREAM_QUEUE: '4' };
    expect(orderAdmissionOf(readGatewayConfig(small), 0)?.limit).toBe(7);
  });

  test('is off at 0', () => {
    expect(orderAdmissionOf(readGatewayConfig({ ...required, ORDER_QUEUE_TARGET_MS: '0' }), 0)).toBeUndefined();
  });
});
