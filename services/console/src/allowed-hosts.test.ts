import { expect, test } from '@jest/globals';
import { parseHost } from './allowed-hosts.ts';

test.each([
  ['Shop-Console.shop.svc:8084', 'shop-console.shop.svc'],
  ['console.example.com.', 'console.example.com'],
  ['127.0.0.1:8084', '127.0.0.1'],
  ['[::1]:8084', '[::1]'],
])('the name in the Host %s is %s', (header, name) => {
  expect(parseHost(header)).toBe(name);
});

test.each(['', ':8084', 'user@localhost', 'localhost/x', 'localhost:80:80', 'a b', 'évil.example', '::1'])(
  'there is no name in the Host %j',
  (header) => {
    expect(parseHost(header)).toBeUndefined();
  },
);
