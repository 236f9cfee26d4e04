import { ApiError } from '../src/kubernetes/api-error.ts';
import type { Lease } from '../src/kubernetes/lease.ts';
import type { Leases } from '../src/kubernetes/leader-election.ts';
import { ApiRefusal } from './fake-api-server/api-status.ts';
import { ObjectStore, type ApiObject } from './fake-api-server/object-store.ts';

const COLLECTION = { group: 'coordination.k8s.io', resource: 'leases', namespace: 'orders' };

/** Leases without a network: the store's rules, and an API server that may be away. */
export class StoreLeases implements Leases {
  readonly store = new ObjectStore();
  /** Who wrote, in the order of the writes. */
  readonly holders: string[] = [];
  isAway = false;
  /** The next write is done, and its answer lost. */
  isNextAnswerLost = false;

  async get(name: string): Promise<Lease> {
    return this.#call(() => this.store.get(COLLECTION, name));
  }

  async create(body: object): Promise<Lease> {
    return this.#write(() => this.store.create(COLLECTION, body as ApiObject));
  }

  async replace(_name: string, body: object): Promise<Lease> {
    return this.#write(() => this.store.replace(COLLECTION, body as ApiObject, 'main'));
  }

  holder(name: string): string | undefined {
    return (this.store.find(COLLECTION, name)?.spec as Lease['spec'])?.holderIdentity;
  }

  #write(act: () => ApiObject): Lease {
    const lease = this.#call(act);
    this.holders.push(lease.spec?.holderIdentity ?? '');
    if (!this.isNextAnswerLost) return lease;
    this.isNextAnswerLost = false;
    throw new ApiError('update leases', { status: undefined, code: 'ECONNRESET', cause: undefined });
  }

  #call(act: () => ApiObject): Lease {
    if (this.isAway) throw new ApiError('leases', { status: undefined, code: 'ECONNREFUSED', cause: undefined });
    try {
      return act() as unknown as Lease;
    } catch (error: unknown) {
      if (!(error instanceof ApiRefusal)) throw error;
      const { code, reason } = error.status;
      throw new ApiError(error.message, { status: code, code: reason, cause: error });
    }
  }
}
