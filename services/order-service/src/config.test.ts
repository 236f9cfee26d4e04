import { describe, expect, test } from '@jest/globals';
import { ConfigError } from '@orderflow/service-kit/config';
import { readOrderServiceConfig } from './config.ts';

const DATABASE_URL = 'postgres://orders@db/orders';

describe('readOrderServiceConfig', () => {
  test('needs Kafka unless it does not publish', () => {
    expect(() => readOrderServiceConfig({ DATABASE_URL })).toThrow('KAFKA_BOOTSTRAP_SERVERS');
    expect(readOrderServiceConfig({ DATABASE_URL, PUBLISHER: 'off' }).kafka).toBeUndefined();
  });

  test('names all bad keys at once', () => {
    const read = () => readOrderServiceConfig({ PUBLISHER: 'maybe', INTAKE_LANES: '0' });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(/PUBLISHER.*INTAKE_LANES|INTAKE_LANES.*PUBLISHER/);
    expect(read).toThrow('DATABASE_URL is required');
  });
});
