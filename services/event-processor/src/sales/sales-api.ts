import express, { type Request, type Response } from 'express';
import { salesQuerySchema, type SalesQuery, type SalesReport } from '@orderflow/contracts/analytics';
import { PROBLEMS } from '@orderflow/contracts/problem-types';
import type { HttpMetrics } from '@orderflow/service-kit/http-metrics';
import type { RequestHandler } from '@orderflow/service-kit/http-server';
import type { Logger } from '@orderflow/service-kit/logger';
import { problemErrors, ProblemError, sendProblem } from '@orderflow/service-kit/problem';
import { isRetryablePostgresError } from '@orderflow/service-kit/retry';

export interface SalesApiPorts {
  readReport(query: SalesQuery): Promise<SalesReport>;
  readonly metrics: HttpMetrics;
  readonly logger: Logger;
}

const SALES_PATH = '/analytics/sales';

/** SQLSTATE query_canceled: the statement timeout struck. */
const QUERY_CANCELED = '57014';

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
    sendProblem(response, toProblem(error, ports.logger));
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

/** Every error as one of the contract's; what nobody foresaw is logged here and answered without its text. */
function toProblem(error: unknown, logger: Logger): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof URIError) return new ProblemError(PROBLEMS.invalidRequest, { detail: 'the path is not valid' });
  if (isDatabaseAway(error)) {
    logger.warn({ err: error }, 'request failed, the database does not answer');
    const detail = 'the analytics database does not answer';
    return new ProblemError(PROBLEMS.unavailable, { detail }, { cause: error, headers: { 'retry-after': '1' } });
  }
  logger.error({ err: error }, 'request failed');
  return new ProblemError(PROBLEMS.internal, {}, { cause: error });
}

function isDatabaseAway(error: unknown): boolean {
  if (isRetryablePostgresError(error)) return true;
  return (
    error instanceof Error && ((error as { code?: unknown }).code === QUERY_CANCELED || /timeout/.test(error.message))
  );
}
