import type { ServerResponse } from 'node:http';
import { createOpenApiDocument } from '@orderflow/contracts/openapi';
import { PROBLEMS } from '@orderflow/contracts/problem-types';
import type { RequestHandler } from '@orderflow/service-kit/http-server';
import type { Logger } from '@orderflow/service-kit/logger';
import { collectBody, mayExceed } from '@orderflow/service-kit/request-body';
import { nameRoute } from '@orderflow/service-kit/telemetry/tracing';
import { formatTraceparent } from '@orderflow/service-kit/trace-context';
import { decideAccess } from './access.ts';
import type { ApiKeys } from './api-keys.ts';
import { createApp } from './app.ts';
import { clientAddress, rateLimitKey } from './client-address.ts';
import { Exchange } from './exchange.ts';
import { requestHeaders, type ForwardingFacts } from './forwarded-headers.ts';
import type { GatewayMetrics } from './metrics.ts';
import type { OrderAdmission } from './order-admission.ts';
import { OrderRefusals } from './order-refusal.ts';
import { rateLimitHeaders, type RateLimiter } from './rate-limit.ts';
import { parseRequestTarget } from './request-target.ts';
import { parseRoutes, type Route, type UpstreamName } from './routes.ts';
import { UpstreamCall } from './upstream-call.ts';
import { isRead, isRepeatable } from './upstream-failure.ts';
import type { Upstream } from './upstream.ts';

export interface GatewayOptions {
  readonly upstreams: Readonly<Record<UpstreamName, Upstream>>;
  readonly logger: Logger;
  readonly metrics: GatewayMetrics;
  readonly limiter: RateLimiter | undefined;
  /** How many new orders may be in flight; any number when undefined. */
  readonly admission: OrderAdmission | undefined;
  /** Whose requests pass; everybody's when undefined. */
  readonly apiKeys: ApiKeys | undefined;
  readonly maxBodyBytes: number;
  readonly trustProxyHops: number;
  readonly trustTraceparent: boolean;
}

/** Everything between the HTTP server and the upstreams. */
export function createGateway(options: GatewayOptions): RequestHandler {
  const openApiDocument = createOpenApiDocument();
  const routes = parseRoutes(openApiDocument);
  const placeOrder = routes.find(({ template, methods }) => template === '/orders' && methods.includes('POST'));
  const { admission, apiKeys, maxBodyBytes } = options;
  const refusals = new OrderRefusals(options);
  const forward = (exchange: Exchange, route: Route): void => {
    const isNewOrder = route === placeOrder && exchange.request.method === 'POST';
    if (isNewOrder && admission?.isFull === true) refusals.refuse(exchange);
    else if (apiKeys === undefined || authorize(apiKeys, exchange)) {
      forwardTo(options, exchange, { route, admission: isNewOrder ? admission : undefined });
    }
  };
  const app = createApp({ routes, openApiDocument, logger: options.logger, forward });

  return (request, response) => {
    const isNewOrder = request.url === '/orders' && request.method === 'POST';
    if (isNewOrder && admission?.isFull === true && !mayExceed(request, maxBodyBytes)) {
      nameRoute('/orders');
      refusals.answerAtOnce(response);
      return;
    }
    const exchange = new Exchange(options, request, response);
    if (options.limiter !== undefined && !admit(options, options.limiter, exchange)) return;
    // The path that carries the load goes around express, which would cost 8 % more CPU per request.
    if (isNewOrder && placeOrder !== undefined) {
      exchange.route = placeOrder.template;
      nameRoute(placeOrder.template);
      forward(exchange, placeOrder);
      return;
    }
    const target = parseRequestTarget(request.url ?? '');
    if (target === undefined) {
      exchange.refuse(PROBLEMS.invalidRequest, { detail: 'The request target is not in normal form' });
      return;
    }
    request.url = target.path + target.query;
    app(request, withLocals(response, exchange));
  };
}

/** express keeps `locals` that are there already. */
function withLocals(response: ServerResponse, exchange: Exchange): ServerResponse {
  return Object.assign(response, { locals: { exchange } });
}

/** Takes a token from the client's bucket, or refuses. Every answer says how the bucket stands. */
function admit(options: GatewayOptions, limiter: RateLimiter, exchange: Exchange): boolean {
  const { headers, socket } = exchange.request;
  const forwardedFor = headers['x-forwarded-for'];
  const address = clientAddress(
    socket.remoteAddress,
    typeof forwardedFor === 'string' ? forwardedFor : undefined,
    options.trustProxyHops,
  );
  const decision = limiter.admit(rateLimitKey(address), exchange.startedMs);
  exchange.fields.push(...Object.entries(rateLimitHeaders(limiter.policy, decision, exchange.startedMs)).flat());
  if (!decision.allowed) exchange.refuse(PROBLEMS.tooManyRequests);
  return decision.allowed;
}

/** Lets the request pass as one of its client, or refuses it. */
function authorize(keys: ApiKeys, exchange: Exchange): boolean {
  const { authorization } = exchange.request.headers;
  const access = decideAccess(keys, {
    authorization,
    method: exchange.request.method ?? 'GET',
    template: exchange.route,
  });
  if (access.kind === 'granted') exchange.client = access.client;
  else exchange.refuse(access.problem, { headers: { 'www-authenticate': access.challenge } });
  return access.kind === 'granted';
}

interface Passage {
  readonly route: Route;
  /** Where the request is counted, if it is. */
  readonly admission: OrderAdmission | undefined;
}

function forwardTo(options: GatewayOptions, exchange: Exchange, { route, admission }: Passage): void {
  const { request } = exchange;
  collectBody(request, options.maxBodyBytes, (result) => {
    if (result.kind === 'too-large') {
      exchange.refuse(PROBLEMS.payloadTooLarge, { detail: `The limit is ${options.maxBodyBytes} bytes` });
      return;
    }
    // Not before: a body that trickles in must not hold a place.
    if (admission !== undefined) countOrder(admission, exchange);
    const { method = 'GET', url = '/' } = request;
    const headers = requestHeaders(request.headers, forwardingFacts(options, exchange));
    new UpstreamCall({
      exchange,
      upstream: options.upstreams[route.upstream],
      metrics: options.metrics,
      // The content of a GET means nothing (RFC 9110 section 9.3.1) and has been smuggled past proxies before.
      options: { method, path: url, headers, body: isRead(method) ? null : result.body },
      repeatable: isRepeatable(method, route.template, headers),
    }).start();
  });
}

/** Holds a place until the client has its answer, or has left. */
function countOrder(admission: OrderAdmission, exchange: Exchange): void {
  const enteredMs = performance.now();
  admission.enter();
  exchange.whenOver((status) => {
    const nowMs = performance.now();
    admission.leave({ nowMs, latencyMs: nowMs - enteredMs, isStored: status === 201 });
  });
}

function forwardingFacts(options: GatewayOptions, { request, trace, requestId, client }: Exchange): ForwardingFacts {
  return {
    requestId,
    traceparent: formatTraceparent(trace.context),
    tracestate: trace.context.tracestate,
    socketAddress: request.socket.remoteAddress,
    behindProxy: options.trustProxyHops > 0,
    client,
  };
}
