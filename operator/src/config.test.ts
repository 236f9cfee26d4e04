import { expect, test } from '@jest/globals';
import { readOperatorConfig } from './config.ts';

test('an empty environment is enough: LagScalers name their brokers', () => {
  expect(readOperatorConfig({})).toMatchObject({
    POLL_INTERVAL_MS: 5_000,
    WORKERS: 8,
    kafka: { clientId: 'lagscaler-operator' },
  });
});

test('identity and encryption towards Kafka are the same for all clusters', () => {
  const env = { KAFKA_TLS: 'true', KAFKA_TLS_CA: 'pem', KAFKA_SASL_USERNAME: 'op', KAFKA_SASL_PASSWORD: 'secret' };
  expect(readOperatorConfig(env).kafka).toMatchObject({
    tls: { caPem: 'pem' },
    sasl: { username: 'op', password: 'secret' },
  });
});

test('every bad key is named at once', () => {
  expect(() => readOperatorConfig({ POLL_INTERVAL_MS: 'soon', WORKERS: '0', ADMIN_PORT: 'x' })).toThrow(
    /ADMIN_PORT.*POLL_INTERVAL_MS.*WORKERS/s,
  );
});

test('a user without a password is a contradiction', () => {
  expect(() => readOperatorConfig({ KAFKA_SASL_USERNAME: 'op' })).toThrow(/KAFKA_SASL_PASSWORD/);
});
