import type { IncomingMessage } from 'node:http';
import { PROBLEMS } from '@orderflow/contracts/problem-types';
import { ProblemError } from './problem.ts';
import { collectBody } from './request-body.ts';

/**
 * The whole body of a request, at most `maxBytes`.
 *
 * @throws {ProblemError} 413 as soon as the body is known to be larger; 400 when the client goes away meanwhile.
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  collectBody(request, maxBytes, (result) => {
    if (result.kind === 'complete') resolve(result.body ?? Buffer.alloc(0));
    else reject(tooLarge(maxBytes));
  });
  request.on('error', (cause) =>
    reject(new ProblemError(PROBLEMS.invalidRequest, { detail: 'the body broke off' }, { cause })),
  );
  return promise;
}

function tooLarge(maxBytes: number): ProblemError {
  // The rest of the body is not read, so the connection cannot carry another request.
  return new ProblemError(
    PROBLEMS.payloadTooLarge,
    { detail: `at most ${maxBytes} bytes` },
    { headers: { connection: 'close' } },
  );
}
