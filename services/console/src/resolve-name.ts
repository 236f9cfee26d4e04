import { lookup } from 'node:dns/promises';
import { ANSWER_WITHIN_MS } from './ask.ts';
import type { ResolveName } from './named-services.ts';

/**
 * By the system's resolver, which knows the search domains of a pod. It cannot be interrupted, and has few threads: a name
 * whose lookup hangs is not looked up a second time meanwhile.
 */
export function createNameResolver(): ResolveName {
  const pending = new Map<string, Promise<readonly string[]>>();
  return async (hostname) => {
    const addresses = pending.get(hostname) ?? lookUp(hostname).finally(() => pending.delete(hostname));
    pending.set(hostname, addresses);
    return inTime(addresses, hostname);
  };
}

async function lookUp(hostname: string): Promise<readonly string[]> {
  const found = await lookup(hostname.replace(/^\[|\]$/g, ''), { all: true });
  return found.map(({ address }) => address);
}

async function inTime<T>(work: Promise<T>, hostname: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`${hostname} is not resolved in time`)), ANSWER_WITHIN_MS);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
