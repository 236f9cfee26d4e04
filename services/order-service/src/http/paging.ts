import { isId } from '@orderflow/contracts/ids';
import { listOrdersQuerySchema, type ListOrdersQuery } from '@orderflow/contracts/order';
import { PROBLEMS } from '@orderflow/contracts/problem-types';
import { ProblemError, problemErrors } from '@orderflow/service-kit/problem';
import type { OrderFilter } from '../store/read-orders.ts';

/** The cursor after a page: opaque to clients, the last order's id to us. */
export function encodeCursor(lastOrderId: string): string {
  return Buffer.from(lastOrderId, 'latin1').toString('base64url');
}

/** The order id in a cursor, or undefined when the cursor is not one of ours. */
export function decodeCursor(cursor: string): string | undefined {
  const id = Buffer.from(cursor, 'base64url').toString('latin1');
  return isId(id) ? id : undefined;
}

/**
 * Parses the query of `GET /orders`.
 *
 * @throws {ProblemError} 400 naming each parameter that is wrong.
 */
export function parseListQuery(query: unknown): ListOrdersQuery & OrderFilter {
  const parsed = listOrdersQuerySchema.safeParse(query);
  if (!parsed.success) {
    throw new ProblemError(PROBLEMS.invalidRequest, { errors: problemErrors(parsed.error.issues) });
  }
  const { cursor } = parsed.data;
  if (cursor === undefined) return { ...parsed.data, before: undefined };
  const before = decodeCursor(cursor);
  if (before !== undefined) return { ...parsed.data, before };
  throw new ProblemError(PROBLEMS.invalidRequest, {
    errors: [{ pointer: '/cursor', detail: 'is not a cursor of this API' }],
  });
}

/** The query of the next page: the same filters behind the new cursor. */
export function nextPagePath(query: ListOrdersQuery, lastOrderId: string): string {
  const parameters = new URLSearchParams({ limit: String(query.limit), cursor: encodeCursor(lastOrderId) });
  if (query.customerId !== undefined) parameters.set('customerId', query.customerId);
  if (query.status !== undefined) parameters.set('status', query.status);
  return `/orders?${parameters.toString()}`;
}
