import { PROBLEMS } from '@orderflow/contracts/problem-types';
import type { RequestHandler } from '@orderflow/service-kit/http-server';
import { ProblemError, sendProblem } from '@orderflow/service-kit/problem';
import type { Verdict } from './verdict.ts';

/** Answers `GET /verdict`. */
export function createVerdictApi(audit: { verdict(): Verdict }): RequestHandler {
  return (request, response) => {
    const path = request.url?.split('?', 1)[0];
    if (path !== '/verdict') return sendProblem(response, new ProblemError(PROBLEMS.notFound));
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      const options = { headers: { allow: 'GET' } };
      return sendProblem(response, new ProblemError(PROBLEMS.methodNotAllowed, { detail: 'allowed: GET' }, options));
    }
    const body = `${JSON.stringify(audit.verdict())}\n`;
    response.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
    });
    response.end(body);
  };
}
