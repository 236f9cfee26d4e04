import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { HttpServer } from './http-server.ts';
import { sendProblem, type ProblemError } from './problem.ts';
import { readBody } from './read-body.ts';

const MAX_BYTES = 1_000;

/** A server that echoes bodies of up to MAX_BYTES, and what became of the last body. */
async function startEcho() {
  const arrived = Promise.withResolvers<void>();
  const outcome = Promise.withResolvers<Buffer>();
  outcome.promise.catch(() => undefined);
  const handler = (request: IncomingMessage, response: ServerResponse): void => {
    arrived.resolve();
    const body = readBody(request, MAX_BYTES);
    body.then(
      (bytes) => response.end(bytes),
      (error: unknown) => sendProblem(response, error as ProblemError),
    );
    body.then(outcome.resolve, outcome.reject);
  };
  const server = new HttpServer({ name: 'echo', host: '127.0.0.1', port: 0, drainGraceMs: 0, handler });
  await server.start();
  return {
    arrived: arrived.promise,
    outcome: outcome.promise,
    url: `http://127.0.0.1:${server.port}/`,
    async send(bytes: string): Promise<Socket> {
      const socket = connect({ port: server.port, host: '127.0.0.1' });
      await once(socket, 'connect');
      socket.write(bytes);
      return socket;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await server.stop();
    },
  };
}

const chunk = (bytes: number) => `${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n`;
const CHUNKED_HEAD = 'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n';

describe('readBody', () => {
  test.each([0, 1, MAX_BYTES])('reads a body of %p bytes', async (bytes) => {
    await using echo = await startEcho();
    const answer = await fetch(echo.url, { method: 'POST', body: 'x'.repeat(bytes) });
    expect(await answer.text()).toBe('x'.repeat(bytes));
  });

  test('puts chunks together, also where one cuts a character in two', async () => {
    await using echo = await startEcho();
    const snowman = Buffer.from('☃');
    const socket = await echo.send(CHUNKED_HEAD);
    for (const byte of snowman) {
      socket.write(Buffer.concat([Buffer.from('1\r\n'), Buffer.of(byte), Buffer.from('\r\n')]));
    }
    socket.end('0\r\n\r\n');
    expect((await echo.outcome).toString('utf8')).toBe('☃');
  });

  test('refuses by Content-Length what is too large, without waiting for it', async () => {
    await using echo = await startEcho();
    const head = `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${MAX_BYTES + 1}\r\n\r\n`;
    const answer = await text(await echo.send(head));
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toMatch(/\r\nconnection: close\r\n/i);
    expect(answer).toContain('urn:orderflow:problem:payload-too-large');
  });

  test('refuses a chunked body at its first byte too many, without waiting for the rest', async () => {
    await using echo = await startEcho();
    const answer = await text(await echo.send(`${CHUNKED_HEAD}${chunk(MAX_BYTES)}${chunk(1)}`));
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toMatch(/\r\nconnection: close\r\n/i);
  });

  test('lets a client that sends half a megabyte before it reads have its answer', async () => {
    await using echo = await startEcho();
    const body = 'x'.repeat(500_000);
    const socket = await echo.send(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n`);
    socket.pause();
    await echo.arrived;
    await new Promise((resolve) => socket.write(body, resolve));
    const answer = text(socket);
    expect(await answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  const lengthHead = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n';

  test.each([
    ['Content-Length', 'ends', `${lengthHead}half`],
    ['Content-Length', 'resets', `${lengthHead}half`],
    ['chunks', 'ends', `${CHUNKED_HEAD}${chunk(4)}`],
    ['chunks', 'resets', `${CHUNKED_HEAD}${chunk(4)}`],
  ])('fails in the middle of a body with %s when its client %s the connection', async (_, how, bytes) => {
    await using echo = await startEcho();
    const socket = await echo.send(bytes);
    await echo.arrived;
    if (how === 'resets') socket.resetAndDestroy();
    else socket.end();
    await expect(echo.outcome).rejects.toMatchObject({
      name: 'ProblemError',
      facts: { detail: 'the body broke off' },
      cause: { message: expect.any(String) },
    });
  });
});
