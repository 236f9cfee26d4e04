import { join } from 'node:path';
import { TRANSITIONS } from '@orderflow/contracts/order';
import { PROBLEMS } from '@orderflow/contracts/problem-types';
import type { RequestHandler } from '@orderflow/service-kit/http-server';
import type { Logger } from '@orderflow/service-kit/logger';
import { ProblemError, sendProblem, toProblem } from '@orderflow/service-kit/problem';
import express, { type Express, type Request, type RequestHandler as Handler, type Response } from 'express';
import { refuseOtherSites, requirePassword, secureHeaders } from './access.ts';
import { requireHost, type AllowedHosts } from './allowed-hosts.ts';
import type { Answered } from './receipts.ts';
import type { Viewer } from './watch.ts';

const PAGE = join(import.meta.dirname, '..', 'public');
/** More than this behind, a page gets only what is newest. */
const MAX_BUFFERED_BYTES = 262_144;

/** What the public API answered. */
export interface GatewayAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export interface ConsolePorts {
  readonly viewers: { add(viewer: Viewer): boolean; remove(viewer: Viewer): void; wake(): void };
  /** Does what the page asks of the public API, and returns its answer. */
  readonly callGateway: (path: string, body: unknown) => Promise<GatewayAnswer>;
  /** Told of every request that the gateway answered 2xx. */
  readonly keepReceipt: (answered: Answered) => Promise<void>;
  /** Has a fault injected; undefined where nobody offers that. */
  readonly injectFault: ((kind: string) => Promise<GatewayAnswer>) | undefined;
  readonly password: string | undefined;
  readonly allowedHosts: AllowedHosts;
  readonly logger: Logger;
  /** Told how each action was answered. */
  readonly onAction?: (status: number) => void;
}

/** The page, its stream of views, and the few things that can be done by hand. */
export function createConsoleApp(ports: ConsolePorts): RequestHandler {
  const app = express();
  app.disable('x-powered-by');
  app.use(secureHeaders, requireHost(ports.allowedHosts));
  if (ports.password !== undefined) app.use(requirePassword(ports.password));
  app.get('/events', (_request, response) => streamViews(response, ports));
  serveActions(app, ports);
  app.use(express.static(PAGE, { cacheControl: false, setHeaders: (it) => it.setHeader('cache-control', 'no-cache') }));
  app.use(() => {
    throw new ProblemError(PROBLEMS.notFound);
  });
  // Express tells error handlers apart by their four parameters.
  // oxlint-disable-next-line max-params
  app.use((error: unknown, _request: Request, response: Response, _next: unknown) => {
    sendProblem(response, toProblem(error, { logger: ports.logger, database: 'no database' }));
  });
  return app;
}

function streamViews(response: Response, { viewers }: ConsolePorts): void {
  const viewer: Viewer = {
    send: (view) => void (response.writableLength < MAX_BUFFERED_BYTES && response.write(`data: ${view}\n\n`)),
    end: () => response.end(),
  };
  response.set({ 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
  response.flushHeaders();
  response.write('retry: 1000\n\n');
  if (viewers.add(viewer)) response.once('close', () => viewers.remove(viewer));
  else response.end();
}

function serveActions(app: Express, { callGateway, keepReceipt, injectFault, onAction, viewers }: ConsolePorts): void {
  const pass = async (path: string, request: Request, response: Response): Promise<void> => {
    const { status, contentType, body } = await callGateway(path, request.body);
    const isAccepted = status >= 200 && status < 300;
    if (isAccepted) await keepReceipt({ path, request: request.body, answer: body });
    viewers.wake();
    response.writeHead(status, { 'content-type': contentType }).end(body);
  };
  const tell: Handler = (_request, response, next) => {
    response.once('finish', () => onAction?.(response.statusCode));
    next();
  };
  const guards = [tell, refuseOtherSites, express.json({ limit: '16kb' })];
  if (injectFault !== undefined) {
    app.post('/actions/faults/:kind', ...guards, async (request, response) => {
      const { status, contentType, body } = await injectFault(String(request.params['kind']));
      viewers.wake();
      response.writeHead(status, { 'content-type': contentType }).end(body);
    });
  }
  app.post('/actions/orders', ...guards, async (request, response) => pass('/orders', request, response));
  for (const transition of TRANSITIONS) {
    app.post(`/actions/orders/:orderId/${transition}`, ...guards, async (request, response) =>
      pass(`/orders/${encodeURIComponent(String(request.params['orderId']))}/${transition}`, request, response),
    );
  }
}
