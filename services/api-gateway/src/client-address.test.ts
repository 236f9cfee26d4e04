import { describe, expect, test } from '@jest/globals';
import { clientAddress, rateLimitKey } from './client-address.ts';

describe('clientAddress', () => {
  test('does not believe X-Forwarded-For when no proxy is trusted', () => {
    expect(clientAddress('192.0.2.1', '203.0.113.9', 0)).toBe('192.0.2.1');
  });

  test.each([
    { hops: 1, expected: '203.0.113.9' },
    { hops: 2, expected: '198.51.100.7' },
    { hops: 3, expected: '10.9.9.9' },
  ])('takes the entry that $hops trusted proxies saw', ({ hops, expected }) => {
    expect(clientAddress('192.0.2.1', '10.9.9.9, 198.51.100.7, 203.0.113.9', hops)).toBe(expected);
  });

  test('ignores what a client wrote in front of the trusted entries', () => {
    expect(clientAddress('192.0.2.1', 'evil, 1.1.1.1, 203.0.113.9', 1)).toBe('203.0.113.9');
  });

  test('falls to the nearest known hop when the chain is short or an entry is no address', () => {
    expect(clientAddress('192.0.2.1', '203.0.113.9', 3)).toBe('203.0.113.9');
    expect(clientAddress('192.0.2.1', 'unknown, 203.0.113.9', 2)).toBe('203.0.113.9');
    expect(clientAddress('192.0.2.1', 'garbage', 1)).toBe('192.0.2.1');
    expect(clientAddress('192.0.2.1', undefined, 1)).toBe('192.0.2.1');
  });

  test.each([
    ['203.0.113.9:4711', '203.0.113.9'],
    ['[2001:db8::1]:4711', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['fe80::1%eth0', 'fe80::1'],
  ])('reads %s as %s', (entry, expected) => {
    expect(clientAddress('192.0.2.1', entry, 1)).toBe(expected);
  });

  test('a socket that is already gone is an unknown client, not an error', () => {
    expect(clientAddress(undefined, undefined, 0)).toBe('unknown');
  });
});

describe('rateLimitKey', () => {
  test('is the address itself for IPv4', () => {
    expect(rateLimitKey('203.0.113.9')).toBe('203.0.113.9');
  });

  test.each([
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:2::ffff', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['64:ff9b::192.0.2.33', '64:ff9b:0:0::/64'],
  ])('is the /64 of %s', (address, key) => {
    expect(rateLimitKey(address)).toBe(key);
  });
});
