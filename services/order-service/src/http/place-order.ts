import type { IncomingMessage, ServerResponse } from 'node:http';
import { newId } from '@orderflow/contracts/ids';
import { PROBLEMS } from '@orderflow/contracts/problem-types';
import { readBody } from '@orderflow/service-kit/read-body';
import { ProblemError } from '@orderflow/service-kit/problem';
import { activeTrace } from '@orderflow/service-kit/telemetry/tracing';
import { parseTraceparent, traceFieldsOf, type TraceFields } from '@orderflow/service-kit/trace-context';
import { placeOrder, receiptOf, type NewOrder, type Order } from '../domain/order.ts';
import { IntakeFullError, IntakeUnavailableError } from '../intake/order-intake.ts';
import type { InsertOutcome } from '../store/insert-orders.ts';
import { customerScopeOf, refuseOutside, scopedIdempotencyKey } from './customer-scope.ts';
import { parseIdempotencyKey, parseOrder } from './parse-order.ts';

/** What placing an order needs from the rest of the service. */
export interface OrderPlacement {
  place(order: NewOrder): Promise<InsertOutcome>;
}

/**
 * `POST /orders`, from the socket to the answer. It stands on node:http alone: four requests of five are this one, and
 * Express would cost more than everything else that is done for it here (docs/adr/0004).
 *
 * @throws {ProblemError} for everything that is not answered with 201.
 */
export async function handlePlaceOrder(
  request: IncomingMessage,
  response: ServerResponse,
  options: { readonly placement: OrderPlacement; readonly maxBodyBytes: number },
): Promise<void> {
  const idempotencyKey = parseIdempotencyKey(request.headers['idempotency-key']);
  const body = await readBody(request, options.maxBodyBytes);
  const scope = customerScopeOf(request);
  const order = parseOrder(body, request.headers['content-type']);
  refuseOutside(scope, order.customerId);
  const newOrder = placeOrder({
    request: order,
    orderId: newId(),
    eventId: newId(),
    idempotencyKey: scopedIdempotencyKey(scope, idempotencyKey),
    trace: traceOf(request),
  });
  const outcome = await placeDurably(options.placement, newOrder);
  switch (outcome.kind) {
    case 'created':
      sendCreated(response, newOrder.order, {});
      return;
    case 'replayed':
      sendCreated(response, outcome.order, { 'idempotency-replayed': 'true' });
      return;
    case 'key-reused':
      throw new ProblemError(PROBLEMS.idempotencyKeyReused, {
        detail: 'the key was used with another body; a new order needs a new key',
      });
    default:
      outcome satisfies never;
  }
}

async function placeDurably(placement: OrderPlacement, order: NewOrder): Promise<InsertOutcome> {
  try {
    return await placement.place(order);
  } catch (error: unknown) {
    if (error instanceof IntakeFullError) {
      throw unavailable('more orders are waiting than can be written; nothing of this one was', error);
    }
    if (error instanceof IntakeUnavailableError) {
      throw unavailable('the database does not answer; try again with the same Idempotency-Key', error);
    }
    throw error;
  }
}

function unavailable(detail: string, cause: Error): ProblemError {
  return new ProblemError(PROBLEMS.unavailable, { detail }, { cause, headers: { 'retry-after': '1' } });
}

function sendCreated(response: ServerResponse, order: Order, headers: Readonly<Record<string, string>>): void {
  const text = JSON.stringify(receiptOf(order));
  response.writeHead(201, {
    ...headers,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    location: `/orders/${order.orderId}`,
  });
  response.end(text);
}

/**
 * The trace context as it will travel with the event: that of the request's span or, while tracing is off, the gateway's.
 * What breaks the specification is dropped.
 */
export function traceOf({ headers }: IncomingMessage): TraceFields {
  return traceFieldsOf(activeTrace() ?? parseTraceparent(headers['traceparent'], headers['tracestate']));
}
