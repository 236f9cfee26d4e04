import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { z } from 'zod';
import {
  ConfigError,
  envBool,
  envChoice,
  envDurationMs,
  envHttpUrl,
  envInt,
  envNumber,
  envPort,
  httpEnv,
  processEnv,
  readConfig,
  type Environment,
} from './config.ts';

function problemsOf(schema: z.ZodObject, env: Environment): Record<string, string> {
  try {
    readConfig(schema, env);
    return {};
  } catch (error: unknown) {
    if (!(error instanceof ConfigError)) throw error;
    return Object.fromEntries(error.problems.map(({ key, reason }) => [key, reason]));
  }
}

/** What one variable is read as, or why it is refused. */
function read(schema: z.ZodType, text: string): unknown {
  try {
    return readConfig(z.object({ KEY: schema }), { KEY: text }).KEY;
  } catch (error: unknown) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems;
  }
}

const refusal = (reason: string) => [{ key: 'KEY', reason }];

describe('readConfig', () => {
  const schema = z.object({ ...processEnv, ...httpEnv, TARGET: envHttpUrl(), WORKERS: envInt({ min: 1, max: 8 }) });

  test('reads what is given and defaults the rest', () => {
    expect(readConfig(schema, { TARGET: 'http://a', WORKERS: '4', HTTP_PORT: '0', OTHER: 'x' })).toEqual({
      LOG_LEVEL: 'info',
      ADMIN_HOST: '0.0.0.0',
      ADMIN_PORT: 9090,
      SHUTDOWN_DEADLINE_MS: 20_000,
      HTTP_HOST: '0.0.0.0',
      HTTP_PORT: 0,
      TARGET: 'http://a',
      WORKERS: 4,
    });
  });

  test('names every bad key at once, in one line', () => {
    const env = { WORKERS: '9', LOG_LEVEL: 'loud', HTTP_PORT: '65536', SHUTDOWN_DEADLINE_MS: '20s' };
    expect(problemsOf(schema, env)).toEqual({
      TARGET: 'is required',
      WORKERS: 'must be a whole number from 1 to 8',
      LOG_LEVEL: expect.stringContaining('must be one of trace, debug, info'),
      HTTP_PORT: 'must be a whole number from 0 to 65535',
      SHUTDOWN_DEADLINE_MS: 'must be a whole number from 1 to 86400000',
    });
    expect(() => readConfig(schema, env)).toThrow(
      /^invalid configuration: (?=.*TARGET)(?=.*WORKERS)(?=.*LOG_LEVEL).*$/,
    );
  });

  test('takes an empty value for none', () => {
    expect(readConfig(z.object({ A: z.string().default('a'), B: z.string().optional() }), { A: '', B: '' })).toEqual({
      A: 'a',
    });
    expect(problemsOf(z.object({ A: z.string() }), { A: '' })).toEqual({ A: 'is required' });
    expect(readConfig(z.object({ A: z.string() }), { A: 'a', A_FILE: '' })).toEqual({ A: 'a' });
  });

  test('names a key once, however much is wrong with it', () => {
    const picky = z.object({ A: z.string().min(5, 'must be long').regex(/^a/, 'must begin with a') });
    expect(problemsOf(picky, { A: 'b' })).toEqual({ A: 'must be long' });
  });

  test('says what does not fit together as well', () => {
    const pair = z
      .object({ LOW: envInt({ min: 0, max: 9 }), HIGH: envInt({ min: 0, max: 9 }) })
      .refine(({ LOW, HIGH }) => LOW <= HIGH, { path: ['LOW'], error: 'must not be above HIGH' });
    expect(problemsOf(pair, { LOW: '5', HIGH: '3' })).toEqual({ LOW: 'must not be above HIGH' });
  });

  test('never tells a value, whatever is wrong with it', () => {
    const kinds = z.object({
      INT: envInt({ min: 1, max: 2 }),
      NUMBER: envNumber({ min: 1, max: 2 }),
      BOOL: envBool(),
      CHOICE: envChoice(['one', 'two']),
      URL: envHttpUrl(),
    });
    const secret = fc.stringMatching(/^hunter[a-z]{4,12}$/);
    fc.assert(
      fc.property(secret, (value) => {
        const env = Object.fromEntries(Object.keys(kinds.shape).map((key) => [key, value]));
        const problems = problemsOf(kinds, env);
        expect(Object.keys(problems)).toEqual(Object.keys(kinds.shape));
        expect(JSON.stringify(problems)).not.toContain('hunter');
      }),
    );
  });
});

describe('building blocks', () => {
  test.each(['0', '7', '-3', '10'])('envInt takes %p', (text) => {
    expect(read(envInt({ min: -3, max: 10 }), text)).toBe(Number(text));
  });

  test.each(['-4', '11', '1.0', '1e1', '0x1', ' 1', '1 ', 'one', '9'.repeat(400), '٣'])('envInt refuses %p', (text) => {
    expect(read(envInt({ min: -3, max: 10 }), text)).toEqual(refusal('must be a whole number from -3 to 10'));
  });

  test.each(['0', '0.5', '-1.25', '1'])('envNumber takes %p', (text) => {
    expect(read(envNumber({ min: -1.25, max: 1 }), text)).toBe(Number(text));
  });

  test.each(['1.01', '.5', '1.', '1e0', 'NaN', 'Infinity', '0,5'])('envNumber refuses %p', (text) => {
    expect(read(envNumber({ min: 0, max: 1 }), text)).toEqual(refusal('must be a number from 0 to 1'));
  });

  test.each([
    ['true', true],
    ['1', true],
    ['on', true],
    ['yes', true],
    ['false', false],
    ['0', false],
    ['off', false],
    ['no', false],
  ])('envBool reads %p as %p', (text, value) => {
    expect(read(envBool(), text)).toBe(value);
  });

  test.each(['TRUE', 'y', '2', 'maybe'])('envBool refuses %p', (text) => {
    expect(read(envBool(), text)).toEqual(refusal('must be true or false'));
  });

  test.each(['http://a', 'https://a.example:8443/base?x=1', 'http://[::1]:8080', 'http://localhost'])(
    'envHttpUrl takes %p',
    (text) => {
      expect(read(envHttpUrl(), text)).toBe(text);
    },
  );

  test.each(['a', 'a:8080', 'ftp://a', '//a', 'http://', 'javascript:alert(1)'])('envHttpUrl refuses %p', (text) => {
    expect(read(envHttpUrl(), text)).toEqual(refusal('must be an http:// or https:// URL'));
  });

  test('envDurationMs is at least a millisecond and at most a day', () => {
    expect(read(envDurationMs(), '1')).toBe(1);
    expect(read(envDurationMs(), '86400000')).toBe(86_400_000);
    expect(read(envDurationMs(), '0')).toEqual(refusal('must be a whole number from 1 to 86400000'));
    expect(read(envDurationMs(), '86400001')).toEqual(refusal('must be a whole number from 1 to 86400000'));
  });

  test('envPort may be left to the system', () => {
    expect(read(envPort(), '0')).toBe(0);
  });
});
