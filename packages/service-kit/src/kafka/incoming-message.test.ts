import { expect, test } from '@jest/globals';
import { DecodedMessage } from './incoming-message.ts';

const RAW = {
  key: Buffer.from('k'),
  value: null,
  timestamp: '1700000000000',
  attributes: 0,
  offset: '9007199254740993',
};

test('offsets beyond the safe integers stay exact', () => {
  expect(new DecodedMessage({ ...RAW, headers: {} }).offset).toBe(9_007_199_254_740_993n);
});

test('headers are text, and a repeated header keeps its last value', () => {
  const headers = { one: Buffer.from('é'), many: [Buffer.from('a'), Buffer.from('b')], none: undefined };
  expect(new DecodedMessage({ ...RAW, headers }).headers).toEqual({ one: 'é', many: 'b', none: '' });
});

test('a message of an old format has no headers', () => {
  expect(new DecodedMessage({ ...RAW, size: 1 }).headers).toEqual({});
});

test('key, value and time come as they are', () => {
  const message = new DecodedMessage({ ...RAW, headers: {} });
  expect(message.key?.toString()).toBe('k');
  expect(message.value).toBeNull();
  expect(message.timestampMs).toBe(1_700_000_000_000);
});
