import type { IncomingMessage } from 'node:http';
import express, { type Express, type Request, type Response } from 'express';
import { isId } from '@orderflow/contracts/ids';
import { TRANSITIONS, type OrderDetail, type OrderSummary } from '@orderflow/contracts/order';
import { PROBLEMS } from '@orderflow/contracts/problem-types';
import type { HttpMetrics } from '@orderflow/service-kit/http-metrics';
import type { RequestHandler } from '@orderflow/service-kit/http-server';
import type { Logger } from '@orderflow/service-kit/logger';
import { ProblemError, sendProblem, toProblem } from '@orderflow/service-kit/problem';
import { nameRoute } from '@orderflow/service-kit/telemetry/tracing';
import { parseTraceparent, type TraceContext } from '@orderflow/service-kit/trace-context';
import { receiptOf } from '../domain/order.ts';
import type { TransitionRequest, TransitionResult } from '../transition-order.ts';
import type { OrderFilter } from '../store/read-orders.ts';
import { customerScopeOf, isWithin, refuseOutside } from './customer-scope.ts';
import { encodeCursor, nextPagePath, parseListQuery } from './paging.ts';
import { handlePlaceOrder, traceOf, type OrderPlacement } from './place-order.ts';

/** What the API needs from the rest of the service. */
export interface OrderApiPorts {
  readonly placement: OrderPlacement;
  listOrders(filter: OrderFilter): Promise<OrderSummary[]>;
  readOrder(orderId: string): Promise<OrderDetail | undefined>;
  transition(request: TransitionRequest): Promise<TransitionResult>;
  readonly metrics: HttpMetrics;
  readonly logger: Logger;
}

export interface OrderApiOptions {
  readonly maxBodyBytes: number;
}

/** The order service's HTTP API as a node:http handler. */
export function createOrderApi(ports: OrderApiPorts, options: OrderApiOptions): RequestHandler {
  const app = createExpressApp(ports);
  return (request, response) => {
    const startedAt = performance.now();
    const isPlacement = request.method === 'POST' && request.url === '/orders';
    response.on('close', () => {
      const route = isPlacement ? '/orders' : routeOf(request);
      const trace = (): TraceContext | undefined => parseTraceparent(request.headers['traceparent']);
      ports.metrics.observe({ method: request.method ?? 'GET', route, startedAt, trace }, response.statusCode);
    });
    if (!isPlacement) {
      app(request, response);
      return;
    }
    nameRoute('/orders');
    handlePlaceOrder(request, response, { placement: ports.placement, ...options }).catch((error: unknown) =>
      sendProblem(response, toProblem(error, { logger: ports.logger, database: 'the orders database' })),
    );
  };
}

function createExpressApp(ports: OrderApiPorts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.get('/orders', async (request, response) => listOrders(ports, request, response));
  app.get('/orders/:orderId', async (request, response) => {
    const order = await ports.readOrder(orderIdOf(request));
    if (order === undefined || !isWithin(customerScopeOf(request), order.customerId))
      throw new ProblemError(PROBLEMS.orderNotFound);
    response.json(order);
  });
  for (const transition of TRANSITIONS) {
    app.post(`/orders/:orderId/${transition}`, async (request, response) => {
      const result = await ports.transition({
        orderId: orderIdOf(request),
        transition,
        trace: traceOf(request),
        customerScope: customerScopeOf(request),
      });
      if (result.kind === 'moved') response.json(receiptOf(result.order));
      else if (result.kind === 'not-found') throw new ProblemError(PROBLEMS.orderNotFound);
      else throw new ProblemError(PROBLEMS.transitionNotAllowed, { detail: result.detail });
    });
    app.all(`/orders/:orderId/${transition}`, refuseMethod('POST'));
  }
  app.all('/orders', refuseMethod('GET, POST'));
  app.all('/orders/:orderId', refuseMethod('GET'));
  app.use(() => {
    throw new ProblemError(PROBLEMS.notFound);
  });
  // Express tells error handlers apart by their four parameters.
  // oxlint-disable-next-line max-params
  app.use((error: unknown, _request: Request, response: Response, _next: unknown) => {
    sendProblem(response, toProblem(error, { logger: ports.logger, database: 'the orders database' }));
  });
  return app;
}

async function listOrders(ports: OrderApiPorts, request: Request, response: Response): Promise<void> {
  const scope = customerScopeOf(request);
  const asked = parseListQuery(request.query);
  if (asked.customerId !== undefined) refuseOutside(scope, asked.customerId);
  const query = { ...asked, customerId: asked.customerId ?? scope };
  const orders = await ports.listOrders(query);
  const last = orders.at(-1);
  if (last !== undefined && orders.length === query.limit) {
    response.setHeader('link', `<${nextPagePath(query, last.orderId)}>; rel="next"`);
    response.setHeader('x-next-cursor', encodeCursor(last.orderId));
  }
  response.json(orders);
}

function orderIdOf(request: Request): string {
  const id = request.params['orderId'];
  if (typeof id === 'string' && isId(id)) return id.toLowerCase();
  throw new ProblemError(PROBLEMS.invalidRequest, { errors: [{ pointer: 'orderId', detail: 'must be a UUID' }] });
}

function refuseMethod(allowed: string) {
  return (): never => {
    throw new ProblemError(
      PROBLEMS.methodNotAllowed,
      { detail: `allowed: ${allowed}` },
      { headers: { allow: allowed } },
    );
  };
}

/** The template of the path that a request matched, as OpenAPI writes it; for metrics. */
function routeOf(request: IncomingMessage): string {
  const pattern = (request as Partial<Request>).route as { readonly path?: string } | undefined;
  return pattern?.path?.replaceAll(/:(\w+)/g, '{$1}') ?? 'none';
}
