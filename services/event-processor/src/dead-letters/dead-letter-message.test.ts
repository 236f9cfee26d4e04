import { describe, expect, test } from '@jest/globals';
import { deadLetter } from '../../test/dead-letters.ts';
import { toDeadLetterMessage, toSourceMessage } from './dead-letter-message.ts';

describe('a dead letter on its way', () => {
  test('to the dead letter topic: the message as it came, with reason and place in the headers', () => {
    const letter = deadLetter();
    expect(toDeadLetterMessage(letter)).toEqual({
      key: 'key-1',
      value: letter.value,
      headers: {
        'event-id': 'e-1',
        'dlq-error': 'NOT_JSON: no',
        'dlq-source-topic': 'order-events',
        'dlq-source-partition': '3',
        'dlq-source-offset': '17',
        'dlq-failed-at': '2026-01-31T12:00:00.000Z',
      },
    });
  });

  test('back to its topic: the message as it came, without what an earlier trip added', () => {
    const headers = { 'event-id': 'e-1', 'dlq-error': 'old', 'dlq-source-offset': '2' };
    expect(toSourceMessage(deadLetter({ headers }))).toMatchObject({ key: 'key-1', headers: { 'event-id': 'e-1' } });
    expect(toDeadLetterMessage(deadLetter({ headers })).headers).toMatchObject({ 'dlq-source-offset': '17' });
  });

  test('keeps a missing value missing', () => {
    expect(toSourceMessage(deadLetter({ value: null, key: null }))).toMatchObject({ key: '', value: null });
  });
});
