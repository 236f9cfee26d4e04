import express, { type Request, type Response } from 'express';
import { salesQuerySchema, type SalesQuery, type SalesReport } from '@orderflow/contracts/analytics';
import { PROBLEMS } from '@orderflow/contracts/problem-types';
import type { HttpMetrics } from '@orderflow/service-kit/http-metrics';
import type { RequestHandler } from '@orderflow/service-kit/http-server';
import type { Logger } from '@orderflow/service-kit/logger';
import { problemErrors, ProblemError, sendProblem, toProblem } from '@orderflow/service-kit/problem';

export interface SalesApiPorts {
  readReport(query: SalesQuery): Promise<SalesReport>;
  readonly metrics: HttpMetrics;
  readonly logger: Logger;
}

export const SALES_PATH = '/analytics/sales';

/** The read API as a node:http handler. */
export function createSalesApi(ports: SalesApiPorts): RequestHandler {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.get(SALES_PATH, async (request, response) => {
    const query = salesQuerySchema.safeParse(request.query);
    if (!query.success) {
      throw new ProblemError(PROBLEMS.invalidRequest, { errors: problemErrors(query.error.issues) });
    }
    response.json(await ports.readReport(query.data));
  });
  app.all(SALES_PATH, () => {
    throw new ProblemError(PROBLEMS.methodNotAllowed, { detail: 'allowed: GET' }, { headers: { allow: 'GET' } });
  });
  app.use(() => {
    throw new ProblemError(PROBLEMS.notFound);
  });
  // Express tells error handlers apart by their four parameters.
  // oxlint-disable-next-line max-params
  app.use((error: unknown, _request: Request, response: Response, _next: unknown) => {
    sendProblem(response, toProblem(error, { logger: ports.logger, database: 'the analytics database' }));
  });
  return (request, response) => {
    const startedAt = performance.now();
    response.on('close', () => {
      const route = request.url?.split('?', 1)[0] === SALES_PATH ? SALES_PATH : 'none';
      ports.metrics.observe({ method: request.method ?? 'GET', route, startedAt }, response.statusCode);
    });
    app(request, response);
  };
}
