import { describe, expect, test } from '@jest/globals';
import { createLogger, silentLogger, type Logger } from './logger.ts';

function collect(): {
  readonly logger: Logger;
  readonly lines: () => Record<string, unknown>[];
  readonly text: () => string;
} {
  const written: string[] = [];
  const destination = { write: (line: string): void => void written.push(line) };
  return {
    logger: createLogger({ service: 'api', level: 'info', destination }),
    lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>),
    text: () => written.join(''),
  };
}

describe('a log line', () => {
  test('is JSON with an ISO time, the name of its level and the service', () => {
    const { logger, lines } = collect();
    logger.info({ orderId: 'o1' }, 'order taken');
    expect(lines()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        service: 'api',
        orderId: 'o1',
        msg: 'order taken',
      },
    ]);
  });

  test('is not written below the level', () => {
    const { logger, lines } = collect();
    logger.debug('detail');
    expect(lines()).toEqual([]);
  });

  test('has an error with type, code, message and causes', () => {
    const { logger, lines } = collect();
    const cause = new Error('socket hang up');
    logger.error({ err: Object.assign(new TypeError('it failed', { cause }), { code: 'E1' }) }, 'request failed');
    expect(lines()[0]?.['err']).toMatchObject({
      type: 'TypeError',
      message: 'it failed: socket hang up',
      code: 'E1',
      stack: expect.stringContaining('caused by: Error: socket hang up'),
    });
  });
});

describe('secrets', () => {
  test.each([
    'password',
    'authorization',
    'cookie',
    'set-cookie',
    'secret',
    'token',
    'connectionString',
    'databaseUrl',
    'DATABASE_URL',
    'ordersDatabaseUrl',
    'KAFKA_SASL_PASSWORD',
    'accessToken',
    'apiKey',
    'LOADGEN_API_KEY',
    'API_KEYS',
  ])('%s is redacted down to the third level', (key) => {
    const { logger, text } = collect();
    logger.info({ [key]: 'hunter2' }, 'first');
    logger.info({ config: { [key]: 'hunter2', port: 1 } }, 'second');
    logger.info({ request: { headers: { [key]: 'hunter2' } } }, 'third');
    expect(text()).not.toContain('hunter2');
    expect(text().match(/\[redacted\]/g)).toHaveLength(3);
  });

  test('are redacted in child loggers as well', () => {
    const { logger, text } = collect();
    logger.child({ sasl: { password: 'hunter2' } }).info({ token: 'hunter2' }, 'connected');
    expect(text()).not.toContain('hunter2');
  });

  test('are redacted in errors and in lists', () => {
    const { logger, text } = collect();
    const config = { password: 'hunter2' };
    logger.error({ err: Object.assign(new Error('it failed'), { token: 'hunter2', config }) }, 'first');
    logger.error({ upstreams: [{ password: 'hunter2', port: 1 }] }, 'second');
    expect(text()).not.toContain('hunter2');
    expect(text()).toContain('"port":1');
  });

  test('rows that a database quotes in its errors are left out, and the rest of the error stays', () => {
    const { logger, text } = collect();
    const message = 'new row for relation "orders" violates check constraint "orders_check"';
    const quoted = { detail: 'Failing row contains (hunter2).', where: 'line 1: "hunter2"', internalQuery: 'hunter2' };
    const error = Object.assign(new Error(message), { severity: 'ERROR', code: '23514', ...quoted });
    logger.error({ err: error }, 'first');
    expect(text()).not.toContain('hunter2');
    expect(text()).toContain('"code":"23514"');
    expect(error.detail).toContain('hunter2');
  });

  test('what is no secret stays as it was, whatever it is', () => {
    const { logger, lines } = collect();
    const url = new URL('http://a/b');
    const cyclic: { self?: object } = {};
    cyclic.self = cyclic;
    logger.info(
      { url, at: new Date(0), buffer: Buffer.from('a'), nothing: null, tokens: 3, list: [1, 2], cyclic },
      'x',
    );
    expect(lines()[0]).toMatchObject({ url: 'http://a/b', at: '1970-01-01T00:00:00.000Z', tokens: 3, list: [1, 2] });
    expect(lines()[0]).toMatchObject({ nothing: null, buffer: { type: 'Buffer', data: [97] } });
  });

  test('do not take their neighbours along, nor change the object that was logged', () => {
    const { logger, lines } = collect();
    const sasl = { username: 'api', password: 'hunter2' };
    logger.info({ sasl }, 'connected');
    expect(lines()[0]?.['sasl']).toEqual({ username: 'api', password: '[redacted]' });
    expect(sasl.password).toBe('hunter2');
  });
});

test('the silent logger has no level that it writes', () => {
  expect(silentLogger().isLevelEnabled('fatal')).toBe(false);
});
