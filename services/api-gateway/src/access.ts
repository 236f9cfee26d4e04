import { PROBLEMS, type ProblemType } from '@orderflow/contracts/problem-types';
import type { ApiClient, ApiKeys } from './api-keys.ts';

/** What is known of a request when it is decided whether it may pass. */
export interface AccessRequest {
  readonly authorization: string | undefined;
  readonly method: string;
  /** Template of the route. */
  readonly template: string;
}

export type AccessDecision =
  | { readonly kind: 'granted'; readonly client: ApiClient }
  | { readonly kind: 'refused'; readonly problem: ProblemType; readonly challenge: string };

/** What customers may do, and with their own orders only: the order service sees to that. The rest is for staff. */
const CUSTOMER_OPERATIONS: ReadonlySet<string> = new Set([
  'POST /orders',
  'GET /orders',
  'GET /orders/{orderId}',
  'POST /orders/{orderId}/payment',
  'POST /orders/{orderId}/cancellation',
]);

const BEARER = /^Bearer +([A-Za-z0-9._~+/-]{1,256}=*)$/i;

/** The answers of RFC 6750 section 3: what is missing, wrong, or not enough. */
const CHALLENGE = 'Bearer realm="orderflow"';
const NO_KEY: AccessDecision = { kind: 'refused', problem: PROBLEMS.unauthenticated, challenge: CHALLENGE };
const WRONG_KEY: AccessDecision = { ...NO_KEY, challenge: `${CHALLENGE}, error="invalid_token"` };
const NOT_ALLOWED: AccessDecision = {
  kind: 'refused',
  problem: PROBLEMS.forbidden,
  challenge: `${CHALLENGE}, error="insufficient_scope"`,
};

/** Whether a request may pass, and as whom. What no line of the table allows is not allowed. */
export function decideAccess(keys: ApiKeys, { authorization, method, template }: AccessRequest): AccessDecision {
  if (authorization === undefined) return NO_KEY;
  const key = BEARER.exec(authorization)?.[1];
  const client = key === undefined ? undefined : keys.find(key);
  if (client === undefined) return WRONG_KEY;
  const operation = `${method === 'HEAD' ? 'GET' : method} ${template}`;
  return client.role === 'staff' || CUSTOMER_OPERATIONS.has(operation) ? { kind: 'granted', client } : NOT_ALLOWED;
}
