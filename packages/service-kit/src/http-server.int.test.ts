import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
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
