import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * What a key is good for. `customer`: the orders of one customer, whose customerId is the client's id. `staff`: all
 * orders and the sales; for systems of the shop itself, which act for many customers.
 */
export type ApiRole = 'customer' | 'staff';

/** Whose key it is. */
export interface ApiClient {
  readonly clientId: string;
  readonly role: ApiRole;
}

/** A line of the list: client id, role, SHA-256 of the key in hex. A client may have several keys, to change them. */
const LINE = /^(?<clientId>[A-Za-z0-9._-]{1,64})\s+(?<role>customer|staff)\s+(?<digest>[0-9a-f]{64})$/;

/** A line that is no key. Says which, never what stands in it. */
export class ApiKeysError extends Error {
  override readonly name = 'ApiKeysError';
  readonly code = 'API_KEYS_INVALID';
}

/** The known keys, by their digests: whoever reads the list, or a dump of the memory, has no key. */
export class ApiKeys {
  readonly #clients = new Map<string, { readonly client: ApiClient; readonly digest: Buffer }>();

  /**
   * Reads a list: one key a line, blank lines and those that begin with # left out.
   *
   * @throws {ApiKeysError} naming the first line that is wrong, or saying that there is no key or one twice.
   */
  constructor(list: string) {
    for (const [index, line] of list.split('\n').entries()) {
      const text = line.trim();
      if (text !== '' && !text.startsWith('#')) this.#add(text, index + 1);
    }
    if (this.#clients.size === 0) throw new ApiKeysError('holds no key');
  }

  #add(text: string, lineNumber: number): void {
    const { clientId, role, digest } = LINE.exec(text)?.groups ?? {};
    if (clientId === undefined || digest === undefined || (role !== 'customer' && role !== 'staff')) {
      throw new ApiKeysError(`has no "client customer|staff sha256" in line ${lineNumber}`);
    }
    if (this.#clients.has(digest)) throw new ApiKeysError(`has a key for the second time in line ${lineNumber}`);
    this.#clients.set(digest, { client: { clientId, role }, digest: Buffer.from(digest, 'hex') });
  }

  /**
   * Whose key this is, if anybody's. What is looked up is a digest, which nobody can steer without the key, so the time
   * that it takes tells nothing of a key; the last comparison takes the same time for all.
   */
  find(key: string): ApiClient | undefined {
    const digest = createHash('sha256').update(key).digest();
    const known = this.#clients.get(digest.toString('hex'));
    return known !== undefined && timingSafeEqual(known.digest, digest) ? known.client : undefined;
  }
}
