import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { HttpServer, type HttpServerOptions } from './http-server.ts';

async function startServer(options: Partial<HttpServerOptions>): Promise<HttpServer> {
  const handler = (_request: unknown, response: ServerResponse): void => void response.end('ok');
  const server = new HttpServer({ name: 'server', host: '127.0.0.1', port: 0, drainGraceMs: 50, handler, ...options });
  await server.start();
  return server;
}

async function connectTo(server: HttpServer, bytes = ''): Promise<Socket> {
  const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
  await once(socket, 'connect');
  socket.write(bytes);
  return socket;
}

const REQUEST = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';

test.each([
  ['never sent anything', ''],
  ['sent half a head', 'GET / HTTP/1.1\r\nhost:'],
])('a connection that %s does not hold up the stop', async (_name, bytes) => {
  const server = await startServer({});
  const socket = await connectTo(server, bytes);
  const received = text(socket);
  await server.stop();
  expect(await received).toBe('');
});

test('a connection that becomes idle while the server stops does not hold it up', async () => {
  const arrived = Promise.withResolvers<ServerResponse>();
  const server = await startServer({ handler: (_request, response) => arrived.resolve(response) });
  const socket = await connectTo(server, REQUEST);
  const received = text(socket);
  const response = await arrived.promise;
  response.writeHead(200, { 'content-length': 2 }).write('o'); // too late for `connection: close`
  const stopped = server.stop();
  response.end('k');
  await stopped;
  expect(await received).toContain('ok');
});

test('a request that arrives on an idle connection just after the stop is still answered', async () => {
  const server = await startServer({ drainGraceMs: 1_000 });
  const socket = await connectTo(server, REQUEST);
  await once(socket, 'data');
  const stopped = server.stop();
  const received = text(socket);
  socket.write(REQUEST);
  expect(await received).toMatch(/^HTTP\/1\.1 200 OK\r\nconnection: close\r\n/i);
  await stopped;
});

test('garbage after a whole request does not cost that request its answer', async () => {
  const arrived = Promise.withResolvers<ServerResponse>();
  const server = await startServer({ handler: (_request, response) => arrived.resolve(response) });
  const socket = await connectTo(server, `${REQUEST}GARBAGE\r\n\r\n`);
  const received = text(socket);
  const response = await arrived.promise;
  setImmediate(() => response.end('ok'));
  expect(await received).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  await server.stop();
});

test('a fault in the body of a request is answered once, with its status on the response', async () => {
  const arrived = Promise.withResolvers<ServerResponse>();
  const server = await startServer({
    handler: (request, response) => {
      request.on('error', () => undefined);
      arrived.resolve(response);
    },
  });
  const head = 'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n';
  const socket = await connectTo(server, `${head}not a length\r\n`);
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*urn:orderflow:problem:invalid-request/);
  expect((await arrived.promise).statusCode).toBe(400);
  await server.stop();
});

test('stop may be called twice, and before start', async () => {
  const server = await startServer({});
  await expect(Promise.all([server.stop(), server.stop()])).resolves.toBeDefined();
  const unused = new HttpServer({ name: 'unused', host: '127.0.0.1', port: 0, handler: () => undefined });
  await expect(unused.stop()).resolves.toBeUndefined();
});

test('the reader of a body that is cut short hears of it', async () => {
  const failed = Promise.withResolvers<Error>();
  const server = await startServer({ handler: (request) => void request.on('error', failed.resolve).resume() });
  const socket = await connectTo(server, 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf');
  socket.end(); // politely: the parser sees the end before the socket does
  expect(await failed.promise).toMatchObject({ code: 'HPE_INVALID_EOF_STATE' });
  await server.stop();
});

describe('start and stop', () => {
  test('start may be called twice', async () => {
    const server = await startServer({});
    await expect(server.start()).resolves.toBeUndefined();
    await server.stop();
  });

  test('a stop during start leaves nothing listening', async () => {
    const server = new HttpServer({ name: 'server', host: '127.0.0.1', port: 0, handler: () => undefined });
    const started = server.start();
    await Promise.all([started, server.stop()]);
    expect(() => server.port).toThrow('does not listen');
  });

  test('after a stop, it is not started again', async () => {
    const server = new HttpServer({ name: 'server', host: '127.0.0.1', port: 0, handler: () => undefined });
    await server.stop();
    await server.start();
    expect(() => server.port).toThrow('does not listen');
  });

  test('a port that is taken fails the start, and can be stopped', async () => {
    const first = await startServer({});
    const second = new HttpServer({ name: 'second', host: '127.0.0.1', port: first.port, handler: () => undefined });
    await expect(second.start()).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await second.stop();
    await first.stop();
  });

  test('stop waits for a request in flight and tells its client to use another connection', async () => {
    const arrived = Promise.withResolvers<ServerResponse>();
    const server = await startServer({ handler: (_request, response) => arrived.resolve(response) });
    const socket = await connectTo(server, REQUEST);
    const received = text(socket);
    const response = await arrived.promise;
    let isStopped = false;
    const stopped = server.stop().then(() => (isStopped = true));
    await expect(connectTo(server)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(isStopped).toBe(false);
    response.end('done');
    expect(await received).toMatch(/\r\nconnection: close\r\n[\s\S]*done$/i);
    await stopped;
  });

  test.each([false, true])('the deadline cuts what is still in flight (passed already: %p)', async (hasPassed) => {
    const arrived = Promise.withResolvers<ServerResponse>();
    const server = await startServer({ handler: (_request, response) => arrived.resolve(response) });
    const socket = await connectTo(server, REQUEST);
    const received = text(socket);
    await arrived.promise;
    const deadline = new AbortController();
    if (hasPassed) deadline.abort();
    const stopped = server.stop(deadline.signal);
    deadline.abort();
    await stopped;
    expect(await received).toBe('');
  });
});

describe('what is no request', () => {
  const SLOW = { headersTimeoutMs: 50, requestTimeoutMs: 100 };

  interface Case {
    readonly options?: Partial<HttpServerOptions>;
    readonly bytes: string;
    readonly answer: RegExp;
  }

  test.each<[string, Case]>([
    [
      'that is not HTTP',
      { bytes: 'HELO mail\r\n\r\n', answer: /^HTTP\/1\.1 400 [\s\S]*"The request is not valid HTTP"/ },
    ],
    ['without a host', { bytes: 'GET / HTTP/1.1\r\n\r\n', answer: /^HTTP\/1\.1 400 / }],
    [
      'with two lengths',
      {
        bytes: 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
        answer: /^HTTP\/1\.1 400 [\s\S]*urn:orderflow:problem:invalid-request/,
      },
    ],
    [
      'with a length and chunks',
      {
        bytes: 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
        answer: /^HTTP\/1\.1 400 [\s\S]*urn:orderflow:problem:invalid-request/,
      },
    ],
    [
      'with too large a head',
      {
        options: { maxHeaderBytes: 1_024 },
        bytes: `GET / HTTP/1.1\r\nhost: x\r\ncookie: ${'x'.repeat(2_000)}\r\n\r\n`,
        answer: /^HTTP\/1\.1 431 [\s\S]*urn:orderflow:problem:headers-too-large/,
      },
    ],
    [
      'whose head does not come',
      {
        options: SLOW,
        bytes: 'GET / HTTP/1.1\r\nhost:',
        answer: /^HTTP\/1\.1 408 [\s\S]*urn:orderflow:problem:request-timeout/,
      },
    ],
    [
      'whose body does not come',
      {
        options: SLOW,
        bytes: 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf',
        answer: /^HTTP\/1\.1 408 [\s\S]*urn:orderflow:problem:request-timeout/,
      },
    ],
  ])('one %s is answered, and its connection closed', async (_, { options, bytes, answer }) => {
    const server = await startServer({ handler: (request) => void request.resume(), ...options });
    const socket = await connectTo(server, bytes);
    const received = await text(socket);
    expect(received).toMatch(answer);
    expect(received.match(/^HTTP\//gm)).toHaveLength(1);
    socket.end();
    await server.stop();
  });
});
