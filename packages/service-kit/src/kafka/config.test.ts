import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { ConfigError, readConfig } from '../config.ts';
import { kafkaConnectionFrom, kafkaEnv } from './config.ts';

const SCHEMA = z.object(kafkaEnv);

function connectionFrom(env: Record<string, string>) {
  return kafkaConnectionFrom(readConfig(SCHEMA, env), 'publisher');
}

function problemKeys(env: Record<string, string>): readonly string[] {
  try {
    connectionFrom(env);
  } catch (error: unknown) {
    if (error instanceof ConfigError) return error.problems.map(({ key }) => key);
  }
  return [];
}

describe('the Kafka connection', () => {
  test('needs no more than bootstrap servers', () => {
    expect(connectionFrom({ KAFKA_BOOTSTRAP_SERVERS: 'a:9092, b.example:19092' })).toEqual({
      bootstrapServers: ['a:9092', 'b.example:19092'],
      clientId: 'publisher',
    });
  });

  test('carries certificate authority and credentials', () => {
    const connection = connectionFrom({
      KAFKA_BOOTSTRAP_SERVERS: 'a:9093',
      KAFKA_TLS: 'true',
      KAFKA_TLS_CA: 'PEM',
      KAFKA_SASL_USERNAME: 'publisher',
      KAFKA_SASL_PASSWORD: 'secret',
    });
    expect(connection.tls).toEqual({ caPem: 'PEM' });
    expect(connection.sasl).toEqual({ username: 'publisher', password: 'secret' });
  });

  test('trusts the system when encrypted without a certificate authority', () => {
    expect(connectionFrom({ KAFKA_BOOTSTRAP_SERVERS: 'a:9093', KAFKA_TLS: 'true' }).tls).toEqual({});
  });

  test.each(['', 'a', 'a:b', 'a:9092,b', ':9092', 'http://a:9092'])('refuses "%s" as bootstrap servers', (servers) => {
    expect(problemKeys({ KAFKA_BOOTSTRAP_SERVERS: servers })).toEqual(['KAFKA_BOOTSTRAP_SERVERS']);
  });

  test('refuses half of the credentials and a certificate authority without TLS, naming all', () => {
    const servers = { KAFKA_BOOTSTRAP_SERVERS: 'a:9092' };
    expect(problemKeys({ ...servers, KAFKA_SASL_USERNAME: 'u' })).toEqual(['KAFKA_SASL_PASSWORD']);
    expect(problemKeys({ ...servers, KAFKA_SASL_PASSWORD: 'p', KAFKA_TLS_CA: 'PEM' })).toEqual([
      'KAFKA_SASL_USERNAME',
      'KAFKA_TLS_CA',
    ]);
  });

  test('names both variables and no value when half of the credentials is missing', () => {
    expect(() => connectionFrom({ KAFKA_BOOTSTRAP_SERVERS: 'a:9092', KAFKA_SASL_PASSWORD: 'hunter2' })).toThrow(
      /^(?=.*KAFKA_SASL_USERNAME)(?=.*KAFKA_SASL_PASSWORD)(?!.*hunter2)/,
    );
  });
});
