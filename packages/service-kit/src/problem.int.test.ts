import type { ServerResponse } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { PROBLEMS, problemSchema } from '@orderflow/contracts/problem-types';
import { HttpServer } from './http-server.ts';
import { ProblemError, sendProblem } from './problem.ts';

/** A server that answers every request in this way. */
async function startServer(answer: (response: ServerResponse) => void) {
  const handler = (_request: unknown, response: ServerResponse): void => answer(response);
  const server = new HttpServer({ name: 'server', host: '127.0.0.1', port: 0, drainGraceMs: 0, handler });
  await server.start();
  return {
    url: `http://127.0.0.1:${server.port}/`,
    async [Symbol.asyncDispose](): Promise<void> {
      await server.stop();
    },
  };
}

describe('sendProblem', () => {
  test('answers with status, content type and a body of the contract', async () => {
    const facts = { detail: 'größer als erlaubt', errors: [{ pointer: '/items', detail: 'too many' }] };
    await using server = await startServer((response) =>
      sendProblem(response, new ProblemError(PROBLEMS.invalidRequest, facts)),
    );
    const answer = await fetch(server.url);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(problemSchema.parse(await answer.json())).toEqual({ ...PROBLEMS.invalidRequest, ...facts });
  });

  test('adds the headers of the error, which cannot change what the body is', async () => {
    const headers = { 'retry-after': '7', 'content-type': 'text/html' };
    await using server = await startServer((response) =>
      sendProblem(response, new ProblemError(PROBLEMS.unavailable, {}, { headers })),
    );
    const answer = await fetch(server.url);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('7');
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });

  test('tells neither cause nor stack', async () => {
    const cause = new Error('password authentication failed for user "orders"');
    await using server = await startServer((response) =>
      sendProblem(response, new ProblemError(PROBLEMS.internal, {}, { cause })),
    );
    const text = await (await fetch(server.url)).text();
    expect(JSON.parse(text)).toEqual(PROBLEMS.internal);
  });

  test('cuts an answer that has begun, so that the client cannot take it for whole', async () => {
    await using server = await startServer((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('[{"orderId":', () => sendProblem(response, new ProblemError(PROBLEMS.internal)));
    });
    const answer = await fetch(server.url);
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow('terminated');
  });
});
