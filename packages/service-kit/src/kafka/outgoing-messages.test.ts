import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { splitByBytes, validateMessages } from './outgoing-messages.ts';
import type { OutgoingMessage } from './port.ts';

describe('validation of outgoing messages', () => {
  test('accepts text, bytes and tombstones, with and without headers', () => {
    const messages = [
      { key: 'a', value: 'text', headers: { h: 'v' } },
      { key: '', value: Buffer.from('bytes') },
      { key: 'b', value: null },
    ];
    expect(() => validateMessages(messages)).not.toThrow();
  });

  test.each([
    ['a key that is no string', { key: undefined, value: '' }],
    ['a missing value', { key: 'a', value: undefined }],
    ['a value that is an object', { key: 'a', value: {} }],
    ['a header that is a number', { key: 'a', value: '', headers: { h: 1 } }],
  ])('rejects %s', (_, message) => {
    const messages = [{ key: 'fine', value: '' }, message as unknown as OutgoingMessage];
    expect(() => validateMessages(messages)).toThrow(expect.objectContaining({ kind: 'rejected', retryable: false }));
  });
});

describe('splitting by bytes', () => {
  const batch = fc.array(fc.record({ key: fc.string(), value: fc.string({ maxLength: 500 }) }), { maxLength: 50 });

  test('keeps every message and their order', () => {
    fc.assert(
      fc.property(batch, fc.integer({ min: 1, max: 3_000 }), (messages, maxBytes) => {
        expect(splitByBytes(messages, maxBytes).flat()).toEqual(messages);
      }),
    );
  });

  test('keeps parts below the limit, except for a single message above it', () => {
    const messages = ['x'.repeat(100), 'x'.repeat(5_000), 'x'.repeat(400), 'x'.repeat(300)].map((value) => ({
      key: 'k',
      value,
    }));
    expect(splitByBytes(messages, 1_000).map((part) => part.length)).toEqual([1, 1, 2]);
  });
});
