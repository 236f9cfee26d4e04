import { describe, expect, test } from '@jest/globals';
import { createLogger } from '../logger.ts';
import { createKafka } from './kafkajs-client.ts';

const CONNECTION = { bootstrapServers: ['127.0.0.1:1'], clientId: 'client-test' };

/** What reaches the log when kafkajs says something on each of its levels. */
function logAt(level: string): readonly Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  const said = createKafka(CONNECTION, createLogger({ service: 's', level, destination }))
    .logger()
    .namespace('Runner');
  said.error('an error', { error: new Error('refused'), broker: 'b:9092', payload: 'of a customer' });
  said.warn('a warning');
  said.info('something');
  said.debug('a detail');
  return lines;
}

describe('what kafkajs has to say', () => {
  test('stays out of the log, since what matters in it is thrown', () => {
    expect(logAt('info')).toEqual([]);
  });

  test('shows its errors and warnings to those who debug', () => {
    const facts = { level: 'debug', module: 'kafkajs.Runner' };
    expect(logAt('debug')).toEqual([
      expect.objectContaining({ ...facts, msg: 'an error', error: 'refused', broker: 'b:9092' }),
      expect.objectContaining({ ...facts, msg: 'a warning' }),
    ]);
  });

  test('shows everything to those who trace, but never a payload', () => {
    const lines = logAt('trace');
    expect(lines.map(({ level }) => level)).toEqual(['debug', 'debug', 'trace', 'trace']);
    expect(JSON.stringify(lines)).not.toContain('customer');
  });
});
