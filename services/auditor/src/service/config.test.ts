import { expect, test } from '@jest/globals';
import { readAuditorConfig } from './config.ts';

const ENV = {
  ORDERS_DATABASE_URL: 'postgres://u@h/orders',
  ANALYTICS_DATABASE_URL: 'postgres://u@h/analytics',
  KAFKA_BOOTSTRAP_SERVERS: 'k:9092',
};

test('two databases and a broker are all that must be said', () => {
  const config = readAuditorConfig(ENV);
  expect(config).toMatchObject({ HTTP_PORT: 8083, AUDIT_HORIZON_HOURS: 24 });
  expect(config.ordersDatabase.DATABASE_URL).toBe('postgres://u@h/orders');
  expect(config.analyticsDatabase.DATABASE_URL).toBe('postgres://u@h/analytics');
});

test('names every bad key at once', () => {
  expect(() => readAuditorConfig({ AUDIT_INTERVAL_MS: 'soon' })).toThrow(
    /ORDERS_DATABASE_URL.*ANALYTICS_DATABASE_URL.*KAFKA_BOOTSTRAP_SERVERS.*AUDIT_INTERVAL_MS/,
  );
});

test('does not look back further than analytics remembers', () => {
  const env = { ...ENV, AUDIT_HORIZON_HOURS: '48', PROCESSED_EVENTS_RETENTION_HOURS: '48' };
  expect(() => readAuditorConfig(env)).toThrow('AUDIT_HORIZON_HOURS must be less than');
});
