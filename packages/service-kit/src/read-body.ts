import type { IncomingMessage } from 'node:http';
import { PROBLEMS } from '@orderflow/contracts/problem-types';
import { ProblemError } from './problem.ts';

/**
 * The whole body of a request, at most `maxBytes`.
 *
 * @throws {ProblemError} 413 as soon as the body is known to be larger; 400 when the client goes away meanwhile.
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return Promise.reject(tooLarge(maxBytes));
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      request.pause();
      reject(tooLarge(maxBytes));
    } else {
      chunks.push(chunk);
    }
  });
  request.on('end', () => resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)));
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
