import type { IncomingMessage } from 'node:http';
import { CUSTOMER_SCOPE_HEADER } from '@orderflow/contracts/customer-scope';
import { PROBLEMS } from '@orderflow/contracts/problem-types';
import { ProblemError } from '@orderflow/service-kit/problem';

/** The only customer whose orders a request may touch; undefined: those of all. */
export type CustomerScope = string | undefined;

export function customerScopeOf({ headers }: Pick<IncomingMessage, 'headers'>): CustomerScope {
  const scope = headers[CUSTOMER_SCOPE_HEADER];
  return typeof scope === 'string' ? scope : undefined;
}

/** Whether the customer's orders are within the scope. */
export function isWithin(scope: CustomerScope, customerId: string): boolean {
  return scope === undefined || scope === customerId;
}

/** @throws {ProblemError} 403 when a request names a customer whose orders are not for it. */
export function refuseOutside(scope: CustomerScope, customerId: string): void {
  if (isWithin(scope, customerId)) return;
  throw new ProblemError(PROBLEMS.forbidden, { detail: 'the API key is not good for the orders of this customerId' });
}

/**
 * The idempotency key as it is stored: customers choose theirs without knowing of each other, so each has a space of its
 * own. A space character parts it, which no key and no customer id of an API key contains.
 */
export function scopedIdempotencyKey(scope: CustomerScope, key: string | null): string | null {
  return scope === undefined || key === null ? key : `${scope} ${key}`;
}
