import { PROBLEMS } from '@orderflow/contracts/problem-types';
import type { Logger } from '@orderflow/service-kit/logger';
import express, { type ErrorRequestHandler, type Express, type Response } from 'express';
import { Exchange } from './exchange.ts';
import { expressPath, type Route } from './routes.ts';

export interface AppOptions {
  readonly routes: readonly Route[];
  /** Served at /openapi.json. */
  readonly openApiDocument: object;
  readonly logger: Logger;
  /** Passes an exchange on to the route's upstream. */
  readonly forward: (exchange: Exchange, route: Route) => void;
}

/**
 * Routing: the API's paths, the gateway's own pages, 405 for a method that a path does not have, 404 for the rest.
 * Expects the exchange in `response.locals.exchange`.
 */
export function createApp({ routes, openApiDocument, logger, forward }: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.enable('case sensitive routing');
  app.enable('strict routing');
  servePage(app, '/', JSON.stringify(indexOf(routes)));
  servePage(app, '/openapi.json', JSON.stringify(openApiDocument));
  for (const route of routes) {
    app.all(expressPath(route.template), (request, response) => {
      const exchange = exchangeOf(response);
      exchange.route = route.template;
      if (route.methods.includes(request.method)) forward(exchange, route);
      else refuseMethod(exchange, route.methods);
    });
  }
  app.use((_request, response) => exchangeOf(response).refuse(PROBLEMS.notFound));
  app.use(handleError(logger));
  return app;
}

/** What a person meets who opens the gateway in a browser. */
function indexOf(routes: readonly Route[]): object {
  return {
    name: 'orderflow',
    links: { openapi: '/openapi.json', ...Object.fromEntries(firstPaths(routes)) },
  };
}

function firstPaths(routes: readonly Route[]): [string, string][] {
  return routes
    .filter(({ template, methods }) => methods.includes('GET') && !template.includes('{'))
    .map(({ template }) => [template.split('/').at(-1) ?? template, template]);
}

const PAGE_METHODS = ['GET', 'HEAD'];

function servePage(app: Express, path: string, json: string): void {
  const body = Buffer.from(json);
  app.all(path, (request, response) => {
    const exchange = exchangeOf(response);
    exchange.route = path;
    if (PAGE_METHODS.includes(request.method)) exchange.answer(200, ['content-type', 'application/json'], body);
    else refuseMethod(exchange, PAGE_METHODS);
  });
}

function refuseMethod(exchange: Exchange, methods: readonly string[]): void {
  exchange.refuse(PROBLEMS.methodNotAllowed, { headers: { allow: methods.join(', ') } });
}

function handleError(logger: Logger): ErrorRequestHandler {
  // express knows an error handler by its four parameters.
  // oxlint-disable-next-line max-params
  return (error: unknown, _request, response, _next) => {
    const exchange = exchangeOf(response);
    logger.error({ err: error, requestId: exchange.requestId }, 'request failed');
    exchange.refuse(PROBLEMS.internal);
  };
}

function exchangeOf(response: Response): Exchange {
  const exchange: unknown = response.locals['exchange'];
  if (exchange instanceof Exchange) return exchange;
  throw new TypeError('a request reached the app without its exchange');
}
