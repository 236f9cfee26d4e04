import { describe, expect, test } from '@jest/globals';
import { ConfigError } from '@orderflow/service-kit/config';
import { readProcessorConfig } from './config.ts';
import { MAX_TOTAL_CENTS } from './events/parse-order-event.ts';

const MINIMAL = { DATABASE_URL: 'postgres://user@localhost/analytics', KAFKA_BOOTSTRAP_SERVERS: 'localhost:9092' };

function problemKeysOf(env: Record<string, string>): string[] {
  try {
    readProcessorConfig(env);
    return [];
  } catch (error: unknown) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ key }) => key);
  }
}

describe('readProcessorConfig', () => {
  test('needs no more than a database and a broker', () => {
    expect(readProcessorConfig(MINIMAL)).toMatchObject({
      HTTP_PORT: 8082,
      ADMIN_PORT: 9092,
      CONSUMER_GROUP: 'event-processor',
      TOPIC: 'order-events',
      DLQ_TOPIC: 'order-events.dlq',
      PROCESSING_DELAY_MS: 0,
      MIGRATE: true,
      kafka: { bootstrapServers: ['localhost:9092'], clientId: 'event-processor' },
    });
  });

  test('names every bad key at once', () => {
    const bad = { WORKERS: '0', BATCH_LINGER_MS: 'soon', TOPIC: 'no such topic', MIGRATE: 'perhaps' };
    const expected = [...Object.keys(bad), ...Object.keys(MINIMAL)];
    expect(problemKeysOf(bad).toSorted()).toEqual(expected.toSorted());
  });

  test('takes no batch whose sum of the dearest orders would not be exact', () => {
    const { BATCH_MAX_EVENTS } = readProcessorConfig(MINIMAL);
    expect(BATCH_MAX_EVENTS * MAX_TOTAL_CENTS).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER);
    expect(() => readProcessorConfig({ ...MINIMAL, BATCH_MAX_EVENTS: String(BATCH_MAX_EVENTS + 1) })).toThrow(
      ConfigError,
    );
  });
});
