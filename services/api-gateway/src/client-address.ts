import { isIP } from 'node:net';

/**
 * The address of the client that a request came from. With `trustedHops` proxies in front, each of which appends the
 * address it saw to X-Forwarded-For, the client's is that many entries from the right, the socket's own included;
 * everything further left is the client's own invention and is never looked at.
 */
export function clientAddress(
  socketAddress: string | undefined,
  forwardedFor: string | undefined,
  trustedHops: number,
): string {
  const socket = parseAddress(socketAddress ?? '') ?? 'unknown';
  if (trustedHops === 0 || forwardedFor === undefined) return socket;
  const entries = forwardedFor.split(',');
  // A chain that is shorter than configured, or an entry that is no address, falls to the nearest hop that is known.
  for (const entry of entries.slice(-trustedHops)) {
    const address = parseAddress(entry.trim());
    if (address !== undefined) return address;
  }
  return socket;
}

/** An IP address without port, brackets, zone or the IPv4-in-IPv6 prefix; undefined when the text is none. */
function parseAddress(text: string): string | undefined {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1];
  const withPort = /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1];
  const bare = bracketed ?? withPort ?? text;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1];
  const address = (mapped ?? bare).split('%', 1)[0] ?? '';
  return isIP(address) === 0 ? undefined : address;
}

/**
 * What one client is for the rate limit: an IPv4 address, or the /64 of an IPv6 address, as every subscriber line has
 * at least 2^64 of those.
 */
export function rateLimitKey(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = address.toLowerCase().split('::', 2);
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  // A dotted tail stands for two groups.
  const rightLength = right.length + (right.at(-1)?.includes('.') === true ? 1 : 0);
  const gap = tail === undefined ? 0 : 8 - left.length - rightLength;
  const groups = [...left, ...Array<string>(Math.max(0, gap)).fill('0'), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
