import { expect, test } from '@jest/globals';
import { parsePortUser } from './ports.ts';

test('the user of a port is named with its pid', () => {
  const line = 'LISTEN 0 511 127.0.0.1:9092 0.0.0.0:* users:(("java",pid=812,fd=7),("java",pid=812,fd=8))';
  expect(parsePortUser(line)).toBe('java (pid 812)');
});

test('the user of a port stays unknown when it belongs to somebody else', () => {
  expect(parsePortUser('LISTEN 0 511 127.0.0.1:9092 0.0.0.0:*')).toBeUndefined();
  expect(parsePortUser('')).toBeUndefined();
});
